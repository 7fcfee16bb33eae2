"""How do the rpms and images of a compose come in from its manifests?"""

import os.path
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from productmd.composeinfo import ComposeInfo
from productmd.images import Images
from productmd.rpms import Rpms

from relengotron.systems.pdc.simulated.call import Answer, Call
from relengotron.systems.pdc.simulated.catalogue.composes import COMPOSE, TREE_LOCATION, trees_of
from relengotron.systems.pdc.simulated.dependencies import no_dependencies
from relengotron.systems.pdc.simulated.hashing import dumps, hash_order
from relengotron.systems.pdc.simulated.naming import parse_nvra
from relengotron.systems.pdc.simulated.procedures.documents import complete, get_or_add, named, read
from relengotron.systems.pdc.simulated.refusals import bad_request
from relengotron.systems.pdc.simulated.rows import Row
from relengotron.systems.pdc.simulated.writing import validated


def import_rpms(call: Call) -> Answer:
    """``POST compose-rpms/``."""
    body = complete(call.body, "release_id", "composeinfo", "rpm_manifest")
    compose, count = _import_rpms(body, call)
    return Answer(201, {"compose": compose["compose_id"], "imported rpms": count})


def import_images(call: Call) -> Answer:
    """``POST compose-images/``."""
    body = complete(call.body, "release_id", "composeinfo", "image_manifest")
    compose, count = _import_images(body, call)
    return Answer(201, {"compose": compose["compose_id"], "imported images": count})


def import_everything(call: Call) -> Answer:
    """``POST rpc/compose-full-import/``: rpms, images, and where the trees lie."""
    names = ("release_id", "composeinfo", "rpm_manifest", "image_manifest", "location", "url", "scheme")
    body = complete(call.body, *names)
    compose, rpms = _import_rpms(body, call)
    _, images = _import_images(body, call)
    places = _set_locations(compose, body, call)
    counts = {"imported rpms": rpms, "imported images": images, "set_locations": places}
    return Answer(201, {"compose": compose["compose_id"], **counts})


@dataclass(slots=True)
class _Import:
    """One compose being imported: its row, and the tree of each variant and arch."""

    compose: Row
    info: ComposeInfo
    document: Any
    call: Call

    def each_tree(self, act: Callable[[Row], int]) -> int:
        """Do something with every tree; the sum of what it counts."""
        return sum(
            act(self._tree(variant, arch))
            for variant in self.info.variants.get_variants(recursive=True)
            for arch in self._arches(variant)
        )

    def _arches(self, variant: Any) -> list[str]:
        """The arches of a variant as the recorded server walks the set it makes of them."""
        described = self.document["payload"]["variants"].get(variant.uid, {})
        return hash_order(described.get("arches") or sorted(variant.arches))

    def _tree(self, variant: Any, arch: str) -> Row:
        for tree in trees_of(self.compose, self.call):
            if tree["variant_uid"] == variant.uid and tree["arch"]["name"] == arch:
                return tree
        row = self.call.table("compose_trees").add(
            compose=self.compose,
            variant_uid=variant.uid,
            arch=named("arches", "name", arch, "Arch", self.call),
            status=named("testing_states", "name", "untested", "ComposeAcceptanceTestingState", self.call),
        )
        shown = {
            "compose": self.compose["compose_id"],
            "variant_id": variant.id,
            "variant_uid": variant.uid,
            "variant_name": variant.name,
            "variant_type": variant.type,
            "arches": [arch],
        }
        self.call.record("Variant", row["id"], "null", dumps(shown, literal=True))
        return row


def _open_import(body: dict[str, Any], manifest: Any, kind: str, call: Call) -> _Import:
    release = named("releases", "release_id", body["release_id"], "Release", call)
    info = read(ComposeInfo(), body["composeinfo"])
    read(manifest, body[f"{kind.removesuffix('s')}_manifest"])
    if info.compose.id != manifest.compose.id:
        raise bad_request([f"Inconsistent data: different compose id in composeinfo and {kind} file."])
    return _Import(_compose(info, release, call), info, body["composeinfo"], call)


def _compose(info: ComposeInfo, release: Row, call: Call) -> Row:
    given = info.compose
    wanted = {
        "release": release,
        "compose_id": given.id,
        "compose_date": f"{given.date[:4]}-{given.date[4:6]}-{given.date[6:]}",
        "compose_type": named("compose_types", "name", given.type, "ComposeType", call),
        "compose_respin": given.respin,
        "compose_label": given.label or None,
    }
    known = call.table("composes").find("compose_id", given.id)
    untested = call.table("testing_states").find("name", "untested")
    compose = get_or_add(COMPOSE, call, wanted, acceptance_testing=untested, linked_releases=[], deleted=False)
    if known is None:
        call.say("compose", action="create", **_facts(compose))
    return compose


def _facts(compose: Row) -> Row:
    facts = {name: compose[name] for name in ("compose_id", "compose_date", "compose_respin")}
    return {**facts, "compose_type": compose["compose_type"]["name"]}


def _finish(compose: Row, kind: str, count: int, call: Call) -> tuple[Row, int]:
    notice = {"compose": compose["compose_id"], f"num_linked_{kind}": count}
    call.record("notice", 0, "null", dumps(notice, literal=True))
    call.say(kind, attribute=kind, count=count, action="import", **_facts(compose))
    return compose, count


def _import_rpms(body: dict[str, Any], call: Call) -> tuple[Row, int]:
    manifest = Rpms()
    work = _open_import(body, manifest, "rpms", call)

    def add_tree(tree: Row) -> int:
        sources = manifest.rpms.get(tree["variant_uid"], {}).get(tree["arch"]["name"], {})
        count = 0
        for source in hash_order(sources):
            for name in hash_order(sources[source]):
                _link_rpm(tree, name, source, sources[source][name], call)
                count += 1
        return count

    return _finish(work.compose, "rpms", work.each_tree(add_tree), call)


def _link_rpm(tree: Row, name: str, source: str, facts: dict[str, Any], call: Call) -> None:
    path, filename = os.path.split(facts["path"])
    rpm = _rpm(name, source, filename, call)
    values = {"tree": tree, "rpm": rpm}
    if call.table("compose_rpms").same("tree,rpm", values, None):
        return
    call.table("compose_rpms").add(
        **values,
        compose=tree["compose"],
        sigkey=_sigkey(facts["sigkey"], call),
        category=named("content_categories", "name", facts["category"], "ContentCategory", call),
        path=path,
    )


def _rpm(name: str, source: str, filename: str, call: Call) -> Row:
    parts, origin = parse_nvra(name), parse_nvra(source)
    if parts is None or origin is None:
        raise bad_request(f"Invalid NVRA: {name if parts is None else source}")
    key: Row = {column: parts[column] for column in ("name", "version", "release", "arch")}
    key |= {"epoch": int(parts.get("epoch") or 0)}
    known = call.table("rpms").same("name,epoch,version,release,arch", key, None)
    if known is not None:
        return known
    return call.table("rpms").add(
        **key,
        srpm_name=origin["name"],
        srpm_nevra=source,
        filename=filename,
        linked_releases=[],
        dependencies=no_dependencies(),
        **dict.fromkeys(("built_for_release", "srpm_commit_hash", "srpm_commit_branch")),
    )


def _sigkey(key_id: str | None, call: Call) -> Row | None:
    if not key_id:
        return None
    known = call.table("sigkeys").find("key_id", key_id)
    return known or call.table("sigkeys").add(key_id=key_id, name=None, description="")


def _import_images(body: dict[str, Any], call: Call) -> tuple[Row, int]:
    manifest = Images()
    work = _open_import(body, manifest, "images", call)

    def add_tree(tree: Row) -> int:
        images = manifest.images.get(tree["variant_uid"], {}).get(tree["arch"]["name"], ())
        for image in sorted(images, key=lambda one: str(one.path)):
            _link_image(tree, image, call)
        return len(images)

    return _finish(work.compose, "images", work.each_tree(add_tree), call)


def _link_image(tree: Row, image: Any, call: Call) -> None:
    path, file_name = os.path.split(image.path)
    key = {"file_name": file_name, "sha256": image.checksums["sha256"]}
    row = call.table("images").same("file_name,sha256", key, None)
    if row is None:
        plain = ("disc_number", "disc_count", "arch", "mtime", "size", "bootable", "implant_md5", "volume_id")
        row = call.table("images").add(
            **key,
            **{name: getattr(image, name) for name in plain},
            image_format=image.format,
            image_type=image.type,
            md5=image.checksums.get("md5"),
            sha1=image.checksums.get("sha1"),
            subvariant=image.subvariant,
        )
    values = {"tree": tree, "image": row}
    if not call.table("compose_images").same("tree,image", values, None):
        call.table("compose_images").add(**values, compose=tree["compose"], path=path)


def _set_locations(compose: Row, body: dict[str, Any], call: Call) -> int:
    plain = {name: body[name] for name in ("location", "url", "scheme")}
    call.body = {**body, "compose": compose["compose_id"]}
    for tree in trees_of(compose, call):
        _set_location(tree, {**plain, "synced_content": ["binary", "debug", "source"]}, call)
    count = len(trees_of(compose, call))
    notice = {"compose": compose["compose_id"], "num_set_locations": count}
    call.record("notice", 0, "null", dumps(notice, literal=True))
    return count


def _set_location(tree: Row, data: dict[str, Any], call: Call) -> None:
    data |= {"compose": tree["compose"]["compose_id"], "variant": tree["variant_uid"], "arch": tree["arch"]["name"]}
    values = validated(TREE_LOCATION, data, None, True, call)
    table = call.table("tree_locations")
    same = ("compose", "variant", "arch", "location")
    known = next((row for row in table if all(row[name] == values[name] for name in same)), None)
    if known is None:
        table.add(**values)
    else:
        table.change(known, **values)

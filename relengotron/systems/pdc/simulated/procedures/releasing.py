"""How does a release come in from a description of a compose?"""

from typing import Any

from productmd.composeinfo import ComposeInfo

from relengotron.systems.pdc.simulated.call import API_ROOT, Answer, Call
from relengotron.systems.pdc.simulated.catalogue.products import BASE_PRODUCT, PRODUCT, PRODUCT_VERSION
from relengotron.systems.pdc.simulated.catalogue.releases import RELEASE
from relengotron.systems.pdc.simulated.hashing import dumps
from relengotron.systems.pdc.simulated.procedures.documents import get_or_add, named, read
from relengotron.systems.pdc.simulated.refusals import bad_request
from relengotron.systems.pdc.simulated.rows import Row


def import_release(call: Call) -> Answer:
    """``POST rpc/release/import-from-composeinfo/``: make what is missing of product, version, release and variants."""
    if not call.body:
        raise bad_request("Missing composeinfo")
    info = read(ComposeInfo(), call.body)
    base = _base_product(info, call) if info.release.is_layered else None
    short = info.release.short.lower()
    product = get_or_add(PRODUCT, call, {"name": info.release.name, "short": short}, push_targets=[])
    version = get_or_add(
        PRODUCT_VERSION,
        call,
        {"product": product, "name": info.release.name, "short": short, "version": info.release.major_version},
        masked_push_targets=[],
    )
    wanted = {
        "name": info.release.name,
        "short": short,
        "version": info.release.version,
        "base_product": base,
        "release_type": named("release_types", "short", info.release.type or "ga", "ReleaseType", call),
        "product_version": version,
    }
    release = get_or_add(RELEASE, call, wanted, **_plain_release())
    _add_variants(info, release, call)
    return Answer(201, {"url": f"{API_ROOT}releases/{release['release_id']}/"})


def _plain_release() -> Row:
    return {
        **dict.fromkeys(("integrated_with", "sigkey", "bugzilla", "dist_git")),
        "active": True,
        "allow_buildroot_push": False,
        "allowed_debuginfo_services": [],
        "masked_push_targets": [],
    }


def _base_product(info: ComposeInfo, call: Call) -> Row:
    base = info.base_product
    kind = named("release_types", "short", base.type or "ga", "ReleaseType", call)
    wanted = {"name": base.name, "short": base.short.lower(), "version": base.version, "release_type": kind}
    return get_or_add(BASE_PRODUCT, call, wanted)


def _add_variants(info: ComposeInfo, release: Row, call: Call) -> None:
    table = call.table("variants")
    for variant in info.variants.get_variants(recursive=True):
        kind = named("variant_types", "name", variant.type, "VariantType", call)
        arches = [named("arches", "name", arch, "Arch", call) for arch in sorted(variant.arches)]
        known = next((row for row in table.where("release", release) if row["variant_uid"] == variant.uid), None)
        if known is None:
            _add_variant(variant, release, kind, arches, call)
        elif (known["variant_name"], known["variant_type"]["id"]) != (variant.name, kind["id"]):
            raise bad_request(["Variant with this Release and Variant uid already exists."])
        else:
            merged = {arch["id"]: arch for arch in (*known["arches"], *arches)}
            table.change(known, arches=[merged[number] for number in sorted(merged)])


def _add_variant(variant: Any, release: Row, kind: Row, arches: list[Row], call: Call) -> None:
    names = {"variant_id": variant.id, "variant_uid": variant.uid, "variant_name": variant.name}
    row = call.table("variants").add(
        release=release,
        **names,
        variant_type=kind,
        arches=arches,
        variant_version=None,
        variant_release=None,
        masked_push_targets=[],
    )
    shown = {
        "release": release["release_id"],
        **names,
        "variant_type": kind["name"],
        "arches": sorted(arch["name"] for arch in arches),
        "allowed_push_targets": [],
    }
    call.record("Variant", row["id"], "null", dumps(shown, literal=True))

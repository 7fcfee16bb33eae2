"""What are rpms and images?"""

from collections.abc import Sequence
from typing import Any

from relengotron.systems.pdc.simulated.call import Call
from relengotron.systems.pdc.simulated.dependencies import (
    KINDS,
    Dependency,
    allows,
    no_dependencies,
    parse_dependency,
)
from relengotron.systems.pdc.simulated.fields import Computed, Field, Number, Text
from relengotron.systems.pdc.simulated.filters import AnyNumber, AnyOf, Made, Matches, Nullable, Pattern, Truth
from relengotron.systems.pdc.simulated.references import Many, Reference
from relengotron.systems.pdc.simulated.refusals import FieldFault, bad_request
from relengotron.systems.pdc.simulated.resource import EDIT, Resource
from relengotron.systems.pdc.simulated.rows import Row, key_of


def nevra(rpm: Row) -> str:
    """The full name of an rpm."""
    return f"{rpm['name']}-{rpm['epoch']}:{rpm['version']}-{rpm['release']}.{rpm['arch']}"


def linked_composes(rpm: Row, call: Call) -> list[str]:
    """The ids of the composes that hold an rpm."""
    kept = call.table("compose_rpms").where("rpm", rpm)
    composes = {row["compose"]["id"]: row["compose"] for row in kept if not row["compose"]["deleted"]}
    return [composes[number]["compose_id"] for number in sorted(composes)]


def _image_composes(image: Row, call: Call) -> list[str]:
    kept = call.table("compose_images").where("image", image)
    return list(dict.fromkeys(row["compose"]["compose_id"] for row in kept))


def _in_compose(values: Sequence[str], call: Call) -> Matches | None:
    wanted = set(values)
    return lambda row: any(
        kept["compose"]["compose_id"] in wanted for kept in call.table("compose_rpms").where("rpm", row)
    )


def _image_in_compose(values: Sequence[str], call: Call) -> Matches | None:
    wanted = set(values)
    return lambda row: not wanted.isdisjoint(_image_composes(row, call))


def _depends(kind: str) -> Made:
    def rule(values: Sequence[str], call: Call) -> Matches | None:
        if not values[-1].strip():
            return None
        asked = parse_dependency(values[-1].strip())
        if asked is None:
            raise bad_request(f"Unrecognized value for filter for {KINDS[kind]}")
        return lambda row: _satisfies(row["dependencies"][kind], asked)

    return Made(rule=rule)


def _satisfies(dependencies: Sequence[Dependency], asked: Dependency) -> bool:
    named = [one for one in dependencies if one.name == asked.name]
    return bool(named) and all(allows(asked, one) for one in named)


class _Dependencies(Field):
    def parse(self, value: Any, call: Call) -> Any:
        """The dependencies by kind."""
        if not isinstance(value, dict):
            raise FieldFault("Invalid input: must be a dict.")
        kept = no_dependencies()
        for kind, texts in value.items():
            if kind not in KINDS:
                raise FieldFault(f"<{kind}> is not a known dependency type.")
            if not isinstance(texts, list):
                raise FieldFault(f"Value for <{kind}> is not a list.")
            kept[kind] = [self._one(kind, text) for text in texts]
        return kept

    @staticmethod
    def _one(kind: str, text: Any) -> Dependency:
        if not isinstance(text, str):
            raise FieldFault(f"Dependency <{text}> for <{kind}> is not a string.")
        found = parse_dependency(text)
        if found is None:
            raise FieldFault(f"Dependency <{text}> for <{kind}> has bad format.")
        return found

    def show(self, row: Row, call: Call) -> Any:
        """The dependencies as texts."""
        return {kind: [str(one) for one in row["dependencies"][kind]] for kind in KINDS}


def _with_filename(data: Any, row: Row | None, call: Call) -> Any:
    if "filename" in data or row is not None or not {"name", "version", "release", "arch"} <= set(data):
        return data
    return {**data, "filename": "{name}-{version}-{release}.{arch}.rpm".format(**data)}


def _check_srpm(values: Row, row: Row | None, call: Call) -> None:
    merged = {**(row or {}), **values}
    if (merged["arch"] == "src") == bool(merged["srpm_nevra"]):
        raise bad_request(["RPM's srpm_nevra should be empty if and only if arch is src"])


def _export(row: Row, call: Call) -> Row:
    release = row["built_for_release"]
    plain = ("name", "epoch", "version", "release", "arch", "srpm_name", "srpm_nevra", "filename")
    return {
        **{name: row[name] for name in plain},
        "built_for_release": release and release["release_id"],
        "linked_releases": [linked["release_id"] for linked in row["linked_releases"]],
        "dependencies": {kind: [str(one) for one in row["dependencies"][kind]] for kind in KINDS},
    }


RPM = Resource(
    path="rpms",
    table="rpms",
    model="rpm",
    verbs=EDIT,
    fields=(
        Field(name="id", read_only=True),
        Text(name="name"),
        Text(name="version"),
        Number(name="epoch"),
        Text(name="release"),
        Text(name="arch"),
        Text(name="srpm_name"),
        Text(name="srpm_nevra", null=True, default=None),
        Text(name="filename", limit=4096),
        Many(name="linked_releases", of=Reference(name="", table="releases", slug="release_id"), default=()),
        Computed(name="linked_composes", made=linked_composes),
        _Dependencies(name="dependencies", default=lambda call: no_dependencies()),
        Reference(name="built_for_release", table="releases", slug="release_id", null=True, default=None),
        Text(name="srpm_commit_hash", null=True, required=False),
        Text(name="srpm_commit_branch", null=True, required=False),
    ),
    filters={
        "name": Pattern("name"),
        "version": AnyOf("version"),
        "epoch": AnyNumber("epoch"),
        "release": AnyOf("release"),
        "arch": AnyOf("arch"),
        "srpm_name": AnyOf("srpm_name"),
        "srpm_nevra": Nullable("srpm_nevra"),
        "filename": AnyOf("filename"),
        "compose": Made(rule=_in_compose),
        "srpm_commit_hash": AnyOf("srpm_commit_hash"),
        "srpm_commit_branch": AnyOf("srpm_commit_branch"),
        "linked_release": AnyOf("linked_releases.release_id"),
        "built_for_release": AnyOf("built_for_release.release_id"),
        "has_no_deps": Truth(made=lambda row, call: not any(row["dependencies"].values())),
        **{kind: _depends(kind) for kind in KINDS},
    },
    unique_sets=(("name", "epoch", "version", "release", "arch"),),
    prepare=_with_filename,
    check=_check_srpm,
    export=_export,
    literal_export=False,
)

_IMAGE_TEXTS = ("file_name", "arch", "implant_md5", "volume_id", "md5", "sha1", "sha256", "subvariant")
_IMAGE_NUMBERS = ("disc_number", "disc_count", "mtime", "size")

IMAGE = Resource(
    path="images",
    table="images",
    model="image",
    verbs=frozenset({"list"}),
    fields=(
        Field(name="file_name"),
        Field(name="image_format"),
        Field(name="image_type"),
        *(Field(name=name) for name in ("disc_number", "disc_count", "arch", "mtime", "size", "bootable")),
        *(Field(name=name) for name in ("implant_md5", "volume_id", "md5", "sha1", "sha256")),
        Computed(name="composes", made=_image_composes),
        Field(name="subvariant"),
    ),
    filters={
        **{name: AnyOf(name) for name in ("image_format", "image_type", *_IMAGE_TEXTS)},
        **{name: AnyNumber(name) for name in _IMAGE_NUMBERS},
        "compose": Made(rule=_image_in_compose),
        "bootable": Truth("bootable"),
    },
    indexes={"file_name,sha256": key_of("file_name", "sha256")},
)

RPMS = (RPM, IMAGE)

"""What does a mash configuration say about one distribution?"""

import configparser
import os
from dataclasses import dataclass
from pathlib import Path

from relengotron.lab.builder.tools.command import ToolFailed

_YES = {"1", "true", "yes", "on"}


@dataclass(frozen=True, slots=True)
class Distribution:
    """One ``*.mash`` section with the defaults of the main file applied."""

    name: str
    tag: str
    buildhost: str
    repodir: Path
    inherit: bool
    latest: bool | int
    keys: tuple[str, ...]
    strict_keys: bool
    arches: tuple[str, ...]
    rpm_path: str
    repodata_path: str
    source: bool
    source_path: str
    output_subdir: str
    hash_packages: bool

    def folders(self, arch: str) -> tuple[str, str]:
        """Where the packages and the repodata of one arch go, below the output folder."""
        packages = self.rpm_path.replace("%(arch)s", arch)
        repodata = self.repodata_path.replace("%(arch)s", arch) or os.path.dirname(packages)
        return packages.rstrip("/"), repodata.rstrip("/")


def read_config(main_file: Path, name: str) -> Distribution:
    """Read the main file and the ``*.mash`` file that has the section; a missing file or section is an error."""
    main = _parse(main_file)
    if not main.has_section("defaults"):
        raise ToolFailed(f"{main_file} has no section [defaults]")
    values = dict(main["defaults"])
    folder = main_file.parent / values.get("configdir", ".")
    for file in sorted(folder.glob("*.mash")):
        parsed = _parse(file)
        if parsed.has_section(name):
            return _distribution(name, {**values, **parsed[name]})
    raise ToolFailed(f"no distribution named {name} in {folder}")


def _parse(file: Path) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser()
    if not file.is_file():
        raise ToolFailed(f"configuration file {file} does not exist")
    try:
        parser.read_string(file.read_text(encoding="utf-8"), str(file))
    except configparser.Error as wrong:
        raise ToolFailed(f"cannot read {file}: {wrong}") from wrong
    return parser


def _distribution(name: str, values: dict[str, str]) -> Distribution:
    def flag(key: str, default: str) -> bool:
        return values.get(key, default).strip().lower() in _YES

    for needed in ("buildhost", "repodir", "arches"):
        if needed not in values:
            raise ToolFailed(f"{name}: {needed} is not configured")
    latest = values.get("latest", "True").strip()
    return Distribution(
        name=name,
        tag=values.get("tag", name),
        buildhost=values["buildhost"],
        repodir=Path(values["repodir"].removeprefix("file://")),
        inherit=flag("inherit", "True"),
        latest=int(latest) if latest.isdigit() else latest.lower() in _YES,
        keys=tuple(values.get("keys", "").lower().replace(",", " ").split()),
        strict_keys=flag("strict_keys", "False"),
        arches=tuple(values["arches"].split()),
        rpm_path=values.get("rpm_path", "%(arch)s/"),
        repodata_path=values.get("repodata_path", ""),
        source=flag("source", "True"),
        source_path=values.get("source_path", "SRPMS/"),
        output_subdir=values.get("output_subdir", name),
        hash_packages=flag("hash_packages", "False"),
    )

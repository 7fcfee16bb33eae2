"""How are packages made of paper read? Their headers hold no more than Koji looks at; a person says the rest."""

from array import array
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from relengotron.errors import SystemUnreachable
from relengotron.model.package import NO_EPOCH, Package
from relengotron.systems.repodata.converting import Convert, here
from relengotron.systems.repodata.headers import Header, Relation
from tests.stage.paper_repo import PaperWords, write_repo

EQUAL = 2


def readable(words: PaperWords) -> Convert:
    """Convert as on a real machine; single packages are read as the mash of paper would list them."""

    def convert(order: Mapping[str, Any]) -> None:
        if not order["rpms"]:
            here(order)
            return
        root = Path(order["scratch"]) / "paper"
        write_repo(root, [words.of(_named(Path(file).name)) for file in order["rpms"]])
        packed = next((root / "repodata").glob("*-primary.xml.gz"))
        here({**order, "rpms": [], "files": {"primary": str(packed)}})

    return convert


def headers(words: PaperWords) -> Callable[[Path], Header]:
    """Read a single package as its header would describe it; it must be there."""

    def read(file: Path) -> Header:
        if not file.is_file():
            raise SystemUnreachable(f"{file} cannot be read: it is not there")
        paper = words.of(_named(file.name))
        name, evr = paper.package.name, paper.package.evr
        provides = (Relation(name, EQUAL, evr), *map(_relation, paper.provides))
        return Header(
            file, name, evr, paper.package.arch, name, provides, tuple(map(_relation, paper.requires)), array("q")
        )

    return read


def _relation(text: str) -> Relation:
    name, _, version = text.partition(" = ")
    return Relation(name, EQUAL, version) if version else Relation(text)


def _named(file: str) -> Package:
    nvr, arch = file.removesuffix(".rpm").rsplit(".", 1)
    name, version, release = nvr.rsplit("-", 2)
    return Package(name, NO_EPOCH, version, release, arch)

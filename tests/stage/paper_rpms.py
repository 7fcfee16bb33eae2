"""How are packages made of paper read? Their headers hold no more than Koji looks at; a person says the rest."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from relengotron.model.package import NO_EPOCH, Package
from relengotron.systems.repodata.converting import Convert, here
from tests.stage.paper_repo import PaperWords, write_repo


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


def _named(file: str) -> Package:
    nvr, arch = file.removesuffix(".rpm").rsplit(".", 1)
    name, version, release = nvr.rsplit("-", 2)
    return Package(name, NO_EPOCH, version, release, arch)

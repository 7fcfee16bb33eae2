"""Which trees does the lab's distribution have?"""

from dataclasses import dataclass

from relengotron.lab.bits.artifacts import CLOUD_PACKAGES, TREE_PACKAGES
from relengotron.lab.place import TREE_ARCH


@dataclass(frozen=True, slots=True)
class Flavour:
    """One kind of tree: its artifact, the PDC component that knows its content, and the last word of its refs."""

    artifact: str
    component: str
    family: str
    word: str
    packages: tuple[str, ...]

    def ref(self, release: str, request: str) -> str:
        """The ref of one release and request."""
        stage = "testing/" if request == "testing" else ""
        return f"{self.family}/{release}/{TREE_ARCH}/{stage}{self.word}"


FLAVOURS = (
    Flavour("atomic-host", "atomic-host", "fedora-atomic", "docker-host", TREE_PACKAGES),
    Flavour("cloud-tree", "cloud-tree", "fedora-cloud", "base", CLOUD_PACKAGES),
)

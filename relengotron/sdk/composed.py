"""What does an artifact contain that others compose? What the metadata of their last compose say."""

from typing import Final

from relengotron.errors import MalformedInput
from relengotron.model.artifact import Artifact
from relengotron.model.contents import Contents
from relengotron.systems.composes.port import Composes

_NAMES_IN_COMPOSES: Final = {"i686": "i386", "armv7hl": "armhfp"}
"""A compose calls these by the names of its directories."""


def contents_in_compose(artifact: Artifact, composes: Composes) -> Contents | None:
    """The packages of the artifact's arches in its compose; None when no compose is configured for it.

    Raises:
        MalformedInput: the compose has no such variant or arch, or its metadata are broken.
    """
    if artifact.composed_in is None:
        return None
    found, variant = composes.read(artifact.composed_in), artifact.composed_variant
    arches = {_NAMES_IN_COMPOSES.get(arch, arch) for arch in artifact.arches}
    wanted = [key for key in found.packages if key[1] in arches and variant in (None, key[0])]
    missing = arches - {arch for _, arch in wanted}
    if missing:
        where = "it" if variant is None else f"variant {variant} of it"
        absent = ", ".join(sorted(missing))
        raise MalformedInput(f"compose {found.id} is the source of {artifact.name}, and {where} has no {absent}")
    packages = {package for key in wanted for package in found.packages[key]}
    return Contents(tuple(sorted(packages)), f"rpms.json of {found.id}")

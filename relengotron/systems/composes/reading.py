"""What do the metadata files of a compose say, once their shape is checked?"""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import productmd.common
import productmd.composeinfo
import productmd.images
import productmd.rpms

from relengotron.errors import MalformedInput
from relengotron.model.package import Package
from relengotron.systems.composes.port import ComposedImage, ComposeMetadata

M = TypeVar("M", bound=productmd.common.MetadataBase)


def read_metadata(where: str, info: str, rpms: str, images: str | None) -> ComposeMetadata:
    """Join the three files.

    Raises:
        MalformedInput: one is broken, or they speak of different composes.
    """
    about = _loaded(productmd.composeinfo.ComposeInfo(), info, f"composeinfo.json of {where}")
    listed = _loaded(productmd.rpms.Rpms(), rpms, f"rpms.json of {where}")
    made = _loaded(productmd.images.Images(), images, f"images.json of {where}") if images is not None else None
    ids = {str(each.compose.id) for each in (about, listed, made) if each is not None}
    if len(ids) != 1:
        raise MalformedInput(f"the metadata of {where} speak of several composes: {', '.join(sorted(ids))}")
    found = tuple(_images(made.images)) if made is not None else ()
    return ComposeMetadata(ids.pop(), _packages(listed.rpms, where), found)


def _loaded(into: M, text: str, name: str) -> M:
    """The library checks types by all sorts of exceptions."""
    try:
        into.loads(text)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError) as wrong:
        raise MalformedInput(f"{name} is not what it claims to be: {str(wrong)[:300]}") from wrong
    return into


def _packages(rpms: Any, where: str) -> Mapping[tuple[str, str], tuple[Package, ...]]:
    try:
        return {
            (str(variant), str(arch)): tuple(sorted(set(_binaries(sources))))
            for variant, arches in rpms.items()
            for arch, sources in arches.items()
        }
    except (ValueError, TypeError, KeyError, AttributeError) as wrong:
        raise MalformedInput(f"rpms.json of {where} is not what it claims to be: {str(wrong)[:300]}") from wrong


def _binaries(sources: Any) -> Iterator[Package]:
    """What users install; debug packages lie in a repo of their own, sources in another."""
    for rpms in sources.values():
        for nevra, about in rpms.items():
            if about["category"] == "binary":
                yield _package(nevra)


def _package(nevra: Any) -> Package:
    parts = productmd.common.parse_nvra(nevra)
    words = (parts["name"], str(parts["epoch"]), parts["version"], parts["release"], parts["arch"])
    if not all(words):
        raise ValueError(f"not a NEVRA: {nevra!r}")
    return Package(*words)


def _images(by_variant: Any) -> Iterator[ComposedImage]:
    for variant, arches in by_variant.items():
        for arch, images in arches.items():
            for image in sorted(images, key=lambda each: str(each.path)):
                sha256 = (image.checksums or {}).get("sha256")
                yield ComposedImage(variant, arch, image.path, image.type, image.format, image.size, sha256)

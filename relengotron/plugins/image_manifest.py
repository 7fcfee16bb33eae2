"""What is an image made from, and how does whoever downloads it learn that?"""

import hashlib
import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

from relengotron.errors import MalformedInput
from relengotron.sdk import Built, Contents, File, InGit, Manifest, Package, Workbench
from relengotron.sdk.files import write_plain
from relengotron.sdk.in_git import Source
from relengotron.sdk.kickstart import flatten_kickstart
from relengotron.systems.mirror.port import Manifest as Shown

SUFFIX: Final = "-MANIFEST.json"
LARGEST: Final = 4 * 1024 * 1024
_WORD: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,99}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ImageSettings:
    """How the image is made: ``lorax`` in a build root (installer ISO) or an ``image`` task (disk image).

    ``name`` is the first part of the file name, ``osname`` what the tree is called on the machine it installs.
    ``manifest`` is a kickstart in git, flattened; the text of ``kickstart`` comes after it.
    """

    name: str
    carrier: Literal["lorax", "image"]
    product: str = "Fedora"
    osname: str = "fedora-atomic"
    format: str = "raw-xz"
    disk_size_gib: int = 3
    kickstart: str = ""
    manifest: InGit | None = None
    packages: tuple[str, ...] = ("lorax",)
    mounts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse names that would lead a file out of its folder, or a word out of its line of a kickstart."""
        for word in (self.name, self.osname, self.format):
            if _WORD.fullmatch(word) is None:
                found = word[:80]
                raise ValueError(f"allowed: name, osname and format of letters, digits and _ . + -; found {found!r}")


def kickstart_of(own: ImageSettings, source: Source) -> str:
    """The whole kickstart, without the line that installs the tree."""
    if source.file is None or source.read is None:
        return own.kickstart
    return flatten_kickstart(source.file, source.read) + own.kickstart


def manifest_of(own: ImageSettings, source: Source) -> Manifest:
    """Everything people wrote down that can change the image; its packages are the tree's business."""
    counting = (
        own.carrier,
        own.name,
        own.product,
        own.osname,
        *((own.format, own.disk_size_gib, kickstart_of(own, source)) if own.carrier == "image" else own.packages),
    )
    return Manifest(hashlib.sha256(json.dumps(counting).encode()).hexdigest(), source.origin)


def write_sheet(place: Path, image: File, name: str, tree: Built, manifest: Manifest, bench: Workbench) -> None:
    """Beside the image a file says what is in it, for people and for ourselves later."""
    packages = bench.ostree(Path(tree.facts["repo"])).commit_info(tree.identity).packages
    said = {
        "image": {"name": name, "size": image.size, "sha256": image.sha256},
        "tree": {"ref": tree.facts["ref"], "commit": tree.identity},
        "release": bench.release.version,
        "run": bench.run,
        "manifest": {"sha256": manifest.digest, "origin": manifest.origin},
        "packages": [list(package) for package in sorted(packages)],
    }
    write_plain(bench.store, place, f"{json.dumps(said, indent=1, sort_keys=True)}\n".encode())


def note_same(bench: Workbench, image: File, tree: Built, manifest: Manifest) -> None:
    """The image that users have was made once more: of this tree, by this manifest."""
    said = {"image": image.sha256, "commit": tree.identity, "manifest": manifest.digest}
    write_plain(bench.lasting_store, _note(bench), json.dumps(said).encode())


def as_made_last(bench: Workbench, contents: Contents, image: str) -> Contents:
    """What a later compose that gave the very same image was made from, if there was one."""
    try:
        match json.loads(_note(bench).read_text()):
            case {"image": sha256, "commit": str() as commit, "manifest": str() as manifest} if sha256 == image:
                return replace(contents, manifest=manifest, made_from=(commit,))
    except (OSError, ValueError):
        return contents
    return contents


def _note(bench: Workbench) -> Path:
    return bench.lasting_store / "same-content.json"


def shown_image(shown: Shown | None) -> str | None:
    """The name of the image that a target shows: the file whose checksum file stands beside it."""
    names = [name for name in shown or {} if f"{name}-CHECKSUM" in (shown or {})]
    return names[0] if len(names) == 1 else None


def contents_of(place: Path, name: str) -> Contents | None:
    """What the file beside the published image says; None where there is none.

    Raises:
        MalformedInput: it is not what we write.
    """
    file = place / f"{name}{SUFFIX}"
    if not file.is_file():
        return None
    try:
        if file.stat().st_size > LARGEST:
            raise MalformedInput(f"{file} is larger than {LARGEST} bytes")
        return _read(json.loads(file.read_text(encoding="utf-8")), name)
    except (ValueError, TypeError, KeyError, RecursionError) as wrong:
        raise MalformedInput(f"{file} does not say what is in the image: {wrong}") from wrong


def _read(said: Any, name: str) -> Contents:
    rows, digest, commit = said["packages"], said["manifest"]["sha256"], said["tree"]["commit"]
    if not all(isinstance(word, str) for word in (digest, commit, *(word for row in rows for word in row))):
        raise ValueError("its words are no texts")
    return Contents(tuple(Package(*row) for row in rows), f"{name}{SUFFIX}", digest, (commit,))

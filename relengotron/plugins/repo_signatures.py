"""What is signed of a repo: each repomd.xml, by a signature in armor beside it, where clients look for it."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from relengotron.errors import RequestRefused, SystemUnreachable
from relengotron.sdk.files import read_plain
from relengotron.systems.mirror.port import Changes, Entry, Staged
from relengotron.systems.repodata.repomd import REPOMD
from relengotron.systems.signing.armor import armored
from relengotron.systems.signing.port import Proof, Signer

ASC: Final = ".asc"
_LARGEST: Final = 10 * 1024 * 1024
_PLACES: Final = (f"*/{REPOMD}", f"*/debug/{REPOMD}")
"""Where mash makes repos: one for each arch and one for the sources, and perhaps one more for what debuggers need."""


def unsigned_in(root: Path, signer: Signer) -> tuple[str, ...]:
    """A sentence for each repomd.xml below the root that the key has not signed."""
    proofs = {path: _proof(root, path, signer) for path in _points_in(root)}
    return tuple(f"{path}: {proof.why}" for path, proof in proofs.items() if not proof.is_good)


def sign_in(root: Path, tested: Mapping[str, str], signer: Signer, aside: Path) -> None:
    """Each repomd.xml below the root has a good signature beside it; what has one is left alone.

    Raises:
        RequestRefused: one is no longer what was tested, by its SHA-256.
    """
    for path in _points_in(root):
        data = read_plain(root / path, _LARGEST) or b""
        found = hashlib.sha256(data).hexdigest()
        if tested.get(path, found) != found:
            raise RequestRefused(f"{path} is no longer what was tested: nobody signs it")
        if not _proof(root, path, signer).is_good:
            _put(root / f"{path}{ASC}", armored(signer.detach(data)), aside)


def with_signatures(changes: Changes | None, root: Path) -> Changes | None:
    """The changes as they were compared before there were signatures, and now with them."""
    if changes is None:
        return None
    paths = [f"{path}{ASC}" for path in _points_in(root)]
    signatures = {path: entry for path in paths if (entry := _entry_of(read_plain(root / path, _LARGEST)))}
    return replace(changes, shown={**changes.shown, **signatures}, gone=changes.gone - signatures.keys())


def must_be_signed(staged: Staged, root: Path, signer: Signer, arches: Iterable[str]) -> None:
    """Right before the switch: what readers will start from is signed, byte for byte as it was staged.

    Raises:
        RequestRefused: something of it is not, or is not what was looked at.
    """
    shown = [path for path in staged.changes.shown if f"/{path}".endswith(f"/{REPOMD}")]
    wanted = {*(f"{arch}/{REPOMD}" for arch in arches), *_points_in(root), *shown}
    for path in sorted(wanted):
        data, signature = (_as_staged(staged, root, each) for each in (path, f"{path}{ASC}"))
        proof = _read(data, signature, signer)
        if not proof.is_good:
            raise RequestRefused(f"{path} is not signed with {signer.name}: {proof.why}")


def _as_staged(staged: Staged, root: Path, path: str) -> bytes | None:
    """What the file says: read once, so that what is looked at is what will be shown."""
    data = read_plain(root / path, _LARGEST)
    if staged.manifest.get(path) != _entry_of(data):
        raise RequestRefused(f"{path} is not signed as it would be shown: it is missing, or changes meanwhile")
    return data


def _points_in(root: Path) -> Iterator[str]:
    for pattern in _PLACES:
        yield from sorted(place.relative_to(root).as_posix() for place in root.glob(pattern))


def _proof(root: Path, path: str, signer: Signer) -> Proof:
    return _read(read_plain(root / path, _LARGEST), read_plain(root / f"{path}{ASC}", _LARGEST), signer)


def _read(data: bytes | None, signature: bytes | None, signer: Signer) -> Proof:
    if signature is None:
        return Proof(False, "there is no signature")
    return signer.read_detached(data or b"", signature)


def _put(place: Path, content: bytes, aside: Path) -> None:
    """A file that a crash left half written must not lie where it would be published."""
    try:
        aside.mkdir(parents=True, exist_ok=True)
        beside = aside / "signature"
        beside.write_bytes(content)
        os.replace(beside, place)
    except OSError as trouble:
        raise SystemUnreachable(f"{place} cannot be written: {trouble}") from trouble


def _entry_of(data: bytes | None) -> Entry | None:
    return None if data is None else Entry(hashlib.sha256(data).hexdigest(), len(data))

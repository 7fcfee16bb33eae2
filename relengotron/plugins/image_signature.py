"""What is signed of an image: its checksum file, as one clear-signed text. The image itself stays as it was tested."""

import hashlib
from pathlib import Path
from typing import Final

from relengotron.errors import RequestRefused
from relengotron.sdk import Built
from relengotron.sdk.files import read_plain, write_plain
from relengotron.systems.mirror.port import Entry, Staged
from relengotron.systems.signing.port import Proof, Signer

_LARGEST: Final = 1024 * 1024


def release_folder(store: Path) -> Path:
    """Where an image lies as it will be published."""
    return store / "release"


def checksum_name(built: Built) -> str:
    """The name of the checksum file."""
    return f"{built.facts['file_name']}-CHECKSUM"


def checksum_text(built: Built) -> bytes:
    """What the checksum file says, signed or not."""
    name, image = str(built.facts["file_name"]), built.files[0]
    return f"# {name}: {image.size} bytes\nSHA256 ({name}) = {image.sha256}\n".encode()


def proof_of_checksum(built: Built, signer: Signer, store: Path) -> Proof:
    """Whether the checksum file is this text, signed by this key."""
    return _proof(built, signer, _checksum(built, store))


def sign_checksum(built: Built, signer: Signer, store: Path) -> None:
    """The checksum file is signed; one that is signed already is left alone."""
    if proof_of_checksum(built, signer, store).is_good:
        return
    write_plain(store, _place(built, store), signer.clear_sign(checksum_text(built)))


def must_be_signed(staged: Staged, built: Built, signer: Signer, store: Path) -> None:
    """Right before the switch: the checksum file is signed, byte for byte as it was staged.

    Raises:
        RequestRefused: it is not.
    """
    found = _checksum(built, store)
    said = found or b""
    if staged.manifest.get(checksum_name(built)) != Entry(hashlib.sha256(said).hexdigest(), len(said)):
        raise RequestRefused(f"{checksum_name(built)} is not signed as it would be shown: it changes meanwhile")
    proof = _proof(built, signer, found)
    if not proof.is_good:
        raise RequestRefused(f"{checksum_name(built)} is not signed with {signer.name}: {proof.why}")


def _checksum(built: Built, store: Path) -> bytes | None:
    return read_plain(_place(built, store), _LARGEST)


def _proof(built: Built, signer: Signer, found: bytes | None) -> Proof:
    return Proof(False, "it is not there") if found is None else signer.read_clear(found, checksum_text(built))


def _place(built: Built, store: Path) -> Path:
    return release_folder(store) / checksum_name(built)

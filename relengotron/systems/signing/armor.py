"""How do OpenPGP signatures look as text, and what is a document that is nothing but a signed text?"""

import re
from base64 import b64decode, b64encode
from binascii import Error
from typing import Final

from relengotron.errors import MalformedInput

_WIDTH: Final = 64
_CRC_START: Final = 0xB704CE
_CRC_GENERATOR: Final = 0x1864CFB
_WORDS = rb"(?:(?:Version|Comment): [ -~]*\r?\n)*"
_BODY = rb"(?P<body>(?:[A-Za-z0-9+/]+=*\r?\n)+)(?:=[A-Za-z0-9+/]{4}\r?\n)?"
_BLOCK = re.compile(
    rb"-----BEGIN PGP (?P<kind>SIGNATURE|PUBLIC KEY BLOCK)-----\r?\n"
    + _WORDS
    + rb"\r?\n"
    + _BODY
    + rb"-----END PGP (?P=kind)-----\s*"
)
_CLEAR = re.compile(
    rb"-----BEGIN PGP SIGNED MESSAGE-----\n(?:Hash: [A-Z0-9, -]+\n)+\n"
    + rb"(?P<text>.*?)\n(?=-----BEGIN PGP SIGNATURE-----\n)"
    + _BLOCK.pattern,
    re.DOTALL,
)


def is_armored(data: bytes) -> bool:
    """Say whether it is text, and not binary."""
    return data.lstrip().startswith(b"-----BEGIN PGP ")


def unarmored(text: bytes) -> bytes:
    """What the blocks of a text hold.

    Raises:
        MalformedInput: it is anything else than signatures or public keys in armor.
    """
    found, place = [], len(text) - len(text.lstrip())
    while place < len(text):
        block = _BLOCK.match(text, place)
        if block is None:
            raise MalformedInput("not a signature or a public key in ASCII armor")
        found.append(_decoded(block["body"]))
        place = block.end()
    return b"".join(found)


def armored(signature: bytes) -> bytes:
    """A signature as text, as ``repomd.xml.asc`` holds it."""
    coded = b64encode(signature)
    lines = [coded[start : start + _WIDTH] for start in range(0, len(coded), _WIDTH)]
    check = b"=" + b64encode(_crc24(signature).to_bytes(3, "big"))
    return b"\n".join((b"-----BEGIN PGP SIGNATURE-----", b"", *lines, check, b"-----END PGP SIGNATURE-----", b""))


def text_in_clear(document: bytes) -> bytes | None:
    """The text of a document that is nothing but one signed text; None when it is anything else, or more.

    Readers who know no signatures take any line for content: none may stand around the signed text.
    """
    found = _CLEAR.fullmatch(document)
    if found is None:
        return None
    lines = found["text"].split(b"\n")
    if any(line.startswith(b"-") and not line.startswith(b"- ") for line in lines):
        return None
    return b"\n".join(line.removeprefix(b"- ") for line in lines)


def is_same_text(one: bytes, other: bytes) -> bool:
    """Whether two texts are signed alike: ends of lines, and blanks before them, do not count."""
    return _lines(one) == _lines(other)


def _lines(text: bytes) -> list[bytes]:
    return [line.rstrip(b" \t\r") for line in text.rstrip(b"\r\n").split(b"\n")]


def _decoded(body: bytes) -> bytes:
    try:
        return b64decode(b"".join(body.split()), validate=True)
    except Error as wrong:
        raise MalformedInput(f"ASCII armor that cannot be read: {wrong}") from wrong


def _crc24(data: bytes) -> int:
    """The checksum of the armor, as RFC 4880 section 6.1 says it."""
    crc = _CRC_START
    for byte in data:
        crc ^= byte << 16
        for _ in range(8):
            crc <<= 1
            if crc & 0x1000000:
                crc ^= _CRC_GENERATOR
    return crc

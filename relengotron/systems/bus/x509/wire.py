"""Which bytes does a signature cover, and how do signature and certificate look in an envelope?"""

import base64
from collections.abc import Mapping
from typing import Any, Final

import fedmsg.encoding

CREDENTIALS: Final = frozenset({"signature", "certificate"})
"""The two fields that no signature covers."""


def signed_bytes(envelope: Mapping[str, Any]) -> bytes:
    """The envelope without its credentials, written by fedmsg's own encoder: sorted keys, no spaces, ASCII.

    Raises:
        TypeError, ValueError, RecursionError: it cannot be written as JSON.
    """
    covered = {key: value for key, value in envelope.items() if key not in CREDENTIALS}
    written: str = fedmsg.encoding.dumps(covered)
    return written.encode("ascii")


def folded(raw: bytes) -> str:
    """Base64 with a line break after every 76 letters and at the end, as every fedmsg has written it."""
    return base64.encodebytes(raw).decode("ascii")


def unfolded(text: str) -> bytes:
    """Read base64, folded or not; letters that are no base64, which fedmsg overlooks, are refused.

    Raises:
        ValueError: it is not base64, or not the shortest way to write these bytes.
    """
    plain = "".join(text.split())
    raw = base64.b64decode(plain, validate=True)
    if base64.b64encode(raw).decode("ascii") != plain:
        raise ValueError("not written the one way in which base64 is written")
    return raw

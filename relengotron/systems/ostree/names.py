"""Which texts may be a ref or a commit id?"""

import re
from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import quote

from relengotron.errors import MalformedInput

_COMMIT = re.compile(r"[0-9a-f]{64}")
_REF = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.+-]*)*")
_ONLY_HEX = re.compile(r"[0-9a-f]+")
_LONGEST_REF = 255
_LONGEST_FILE_NAME = 240
"""A file system takes 255 bytes, and more is put behind it."""
TAGS = "tags"
"""The remote whose refs are our tags: neither the summary nor a pull shows them, and prune keeps what they name."""
TOOK_BACK = "relengotron.took-back"
"""The key under which a commit remembers which one it took back."""


def checked_ref(text: str) -> str:
    """Return the text when it is a ref name that every OSTree command reads as exactly that ref."""
    if not _REF.fullmatch(text) or ".." in text or len(text) > _LONGEST_REF:
        raise MalformedInput(f"not a ref name: {text!r}")
    if _ONLY_HEX.fullmatch(text):
        raise MalformedInput(f"ref name reads like the start of a commit id: {text!r}")
    return text


def checked_commit(text: str) -> str:
    """Return the text when it is a whole commit id."""
    if not _COMMIT.fullmatch(text):
        raise MalformedInput(f"not a commit id of 64 hex digits: {text!r}")
    return text


def object_path(name: str) -> str:
    """Where an object (``CHECKSUM.KIND``) lies below its repo."""
    return f"objects/{name[:2]}/{name[2:]}"


def file_name_of(ref: str) -> str:
    """A ref as the name of one file: what is too long for one ends in its digest, so that it stays itself."""
    name = quote(ref, safe="")
    return name if len(name) <= _LONGEST_FILE_NAME else f"{name[:150]}~{sha256(ref.encode()).hexdigest()}"


def is_commit(text: str) -> bool:
    """Say whether the text is a whole commit id."""
    return _COMMIT.fullmatch(text) is not None


def checked_tag(text: str) -> str:
    """Return the text when it is the name of a tag: a ref name."""
    return checked_ref(text)


def tags_in(refspecs: Mapping[str, str]) -> dict[str, str]:
    """The tags among everything that points to commits."""
    beginning = f"{TAGS}:"
    return {name.removeprefix(beginning): to for name, to in refspecs.items() if name.startswith(beginning)}

"""Which of the published paths may a cache show in an old state? Those whose content changes under one name."""

import re
from collections.abc import Iterable
from typing import Final

_SHORT_LIVED: Final = re.compile(
    r"(?:.*/)?(?:"
    r"repodata/repomd\.xml(?:\.[a-z]+)?"
    r"|[^/]*(?:CHECKSUM|SHA256SUMS?|MD5SUMS?)[^/]*"
    r"|summary(?:\.sig|\.idx)?|config|refs/.+"
    r"|composeinfo\.json|fullfilelist|fullfiletimelist-[^/]+|imagelist-[^/]+"
    r")"
)
_SIGNED: Final = re.compile(r"(.+?)(?:\.sig|\.asc|\.key)")


def is_short_lived(path: str) -> bool:
    """Say whether caches must forget it when it changes: packages, objects and images never change."""
    return _SHORT_LIVED.fullmatch(path) is not None


def to_purge(paths: Iterable[str]) -> tuple[str, ...]:
    """The short-lived ones among these, each once; a signature right behind what it signs.

    What readers come to later stands first: refs before the summary that lists them.
    """
    wanted = {path for path in paths if is_short_lived(path)}
    return tuple(sorted(wanted, key=lambda path: (_is_entrance(path), _signed_by(path), path)))


def _is_entrance(path: str) -> bool:
    return path.rpartition("/")[2].startswith(("summary", "repomd.xml"))


def _signed_by(path: str) -> str:
    found = _SIGNED.fullmatch(path)
    return path if found is None else found[1]

"""Which names from outside are safe to use as paths, arguments, refs and keys?"""

import re
from typing import Final

LONGEST_NAME: Final = 255
LONGEST_TITLE: Final = 32_768
LONGEST_SENTENCE: Final = 1000
LARGEST_ID: Final = 2**63 - 1

_ALIAS = re.compile(r"[A-Z][A-Z0-9]*(?:-[A-Z][A-Z0-9]*)*-[0-9]{4}-[0-9a-f]{1,32}", re.ASCII)
_NVR_PART = r"[A-Za-z0-9_.+~^]+"
_NVR = re.compile(rf"[A-Za-z0-9_][A-Za-z0-9_.+-]*-{_NVR_PART}-{_NVR_PART}", re.ASCII)
_PACKAGE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*", re.ASCII)
_VERSION = re.compile(_NVR_PART, re.ASCII)
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*", re.ASCII)
_RELEASE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}", re.ASCII)
_METHOD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}", re.ASCII)
_SIGKEY = re.compile(r"[0-9A-Fa-f]{8,64}", re.ASCII)
_OUTCOME = re.compile(r"[A-Za-z][A-Za-z_]{0,31}", re.ASCII)
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@+-]{0,127}", re.ASCII)


def is_alias(text: str) -> bool:
    """Whether the text is an update alias such as FEDORA-2016-02cd019281."""
    return len(text) <= LONGEST_NAME and _ALIAS.fullmatch(text) is not None


def is_nvr(text: str) -> bool:
    """Whether the text is a name-version-release that cannot climb out of a folder."""
    return _fits(_NVR, text)


def is_package(text: str) -> bool:
    """Whether the text is the name of a package."""
    return _fits(_PACKAGE, text)


def is_version(text: str) -> bool:
    """Whether the text is the version or the release of a build."""
    return _fits(_VERSION, text)


def is_tag(text: str) -> bool:
    """Whether the text is the name of a Koji tag, without a slash."""
    return _fits(_TAG, text)


def is_release(text: str) -> bool:
    """Whether the text is the short name of a release, such as F24."""
    return _fits(_RELEASE, text)


def is_method(text: str) -> bool:
    """Whether the text is the method of a Koji task."""
    return _fits(_METHOD, text)


def is_sigkey(text: str) -> bool:
    """Whether the text is the id of a signing key."""
    return _fits(_SIGKEY, text)


def is_outcome(text: str) -> bool:
    """Whether the text is an outcome ResultsDB may have been configured with."""
    return _fits(_OUTCOME, text)


def is_identifier(text: str) -> bool:
    """Whether the text can be a message id or a request id."""
    return _fits(_IDENTIFIER, text)


def is_request(text: str) -> bool:
    """Whether the text names one of the two places a push goes to."""
    return text in ("testing", "stable")


def is_pushed_title(text: str) -> bool:
    """Whether the text is what a push lists: an alias, or the comma-joined NVRs of one update."""
    return len(text) <= LONGEST_TITLE and (is_alias(text) or all(is_nvr(part) for part in text.split(",")))


def is_printable(text: str) -> bool:
    """Whether the text is not empty and holds no control characters, line breaks or lone surrogates."""
    return bool(text) and text.isprintable()


def is_person(text: str) -> bool:
    """Whether the text can be the name of an account."""
    return is_item(text)


def is_item(text: str) -> bool:
    """Whether the text can be the name of something tested: printable, no option, no way up a path."""
    return len(text) <= LONGEST_NAME and _is_harmless(text)


def is_title(text: str) -> bool:
    """Whether the text can be shown to people as a title, and looked up by it."""
    return len(text) <= LONGEST_TITLE and _is_harmless(text)


def is_sentence(text: str) -> bool:
    """Whether the text can be shown to people as a reason; it is never looked up, and names nothing."""
    return len(text.strip()) > 0 and len(text) <= LONGEST_SENTENCE and is_printable(text)


def _is_harmless(text: str) -> bool:
    return is_printable(text) and not text.startswith(("-", "/")) and ".." not in text.split("/")


def _fits(pattern: re.Pattern[str], text: str) -> bool:
    return len(text) <= LONGEST_NAME and ".." not in text and pattern.fullmatch(text) is not None

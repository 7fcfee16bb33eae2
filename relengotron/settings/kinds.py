"""Which texts may stand where? The types of single settings; each refusal says what is allowed."""

import re
import stat
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

EXAMINE_SECRETS: Final = "examine_secrets"
"""The key of the validation context that says whether the files with secrets are looked at."""

PLACEHOLDERS: Final = ("version", "release", "request", "repo", "tag", "arch")
"""What ``{...}`` in an artifact's settings may name."""

K = TypeVar("K")
V = TypeVar("V")

_DURATION = re.compile(r"(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?", re.ASCII)
_TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,127}", re.ASCII)
_TEST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+/:-]{0,254}", re.ASCII)
_KIND = re.compile(r"[a-z][a-z0-9_-]{0,31}", re.ASCII)
_RELEASE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}", re.ASCII)
_TOPIC = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*", re.ASCII)
_TOPICS = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*(\.\*)?", re.ASCII)
_REFS = re.compile(r"[A-Za-z0-9_*][A-Za-z0-9_.+*/-]{0,254}", re.ASCII)
_FINGERPRINT = re.compile(r"[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64}", re.ASCII)
_REF = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+/-]{0,254}", re.ASCII)
_PRINCIPAL = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)?@[A-Za-z0-9_.-]+", re.ASCII)
_POSTGRESQL = re.compile(r"postgresql\+psycopg://[^\s]+", re.ASCII)
_PATTERN = re.compile(r"[A-Za-z0-9_*?\[][A-Za-z0-9_.+*?\[\]!:~^/-]{0,254}", re.ASCII)
MASTER_URL: Final = re.compile(
    r"(?P<how>rsync|ssh)://(?:(?P<user>[A-Za-z0-9_][A-Za-z0-9_.-]*)@)?(?P<host>[A-Za-z0-9][A-Za-z0-9.-]*)"
    r"(?::(?P<port>[0-9]{1,5}))?(?P<path>(?:/[A-Za-z0-9_][A-Za-z0-9._+@%~-]*)+)",
    re.ASCII,
)
"""A place that rsync writes to; nothing in it means anything to a shell."""

_BRACES = re.compile(r"(?:\{\{|\}\})|\{([^{}]*)\}|[{}]")
_LONGEST_PATH: Final = 1024
_LONGEST_SENTENCE: Final = 300


def duration(found: object) -> timedelta:
    """Read ``30s``, ``15m``, ``2h``, ``7d`` or a row of them such as ``1h30m``."""
    if isinstance(found, timedelta):
        return found
    fits = _DURATION.fullmatch(found) if isinstance(found, str) and found else None
    if fits is None:
        raise ValueError("allowed: a time with its unit, such as 30s, 15m, 2h or 7d")
    days, hours, minutes, seconds = (int(part or 0) for part in fits.groups())
    read = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if not read:
        raise ValueError("allowed: more than no time at all")
    return read


def time_of_day(found: object) -> timedelta:
    """Read ``03:30``: so long after midnight."""
    if isinstance(found, timedelta):
        return found
    fits = _TIME_OF_DAY.fullmatch(found) if isinstance(found, str) else None
    if fits is None:
        raise ValueError('allowed: a time of day in quotes, from "00:00" to "23:59"')
    return timedelta(hours=int(fits.group(1)), minutes=int(fits.group(2)))


def _matching(pattern: re.Pattern[str], allowed: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if not pattern.fullmatch(text) or ".." in text:
            raise ValueError(f"allowed: {allowed}")
        return text

    return check


is_name = _matching(_NAME, "a name of letters, digits and _ . + - that begins with a letter, a digit or _")


def url(text: str) -> str:
    """A web address without credentials; a slash at its end is taken off."""
    parts = _split(text)
    if parts.scheme == "file":
        if not parts.path.startswith("/") or not text.isprintable() or " " in text:
            raise ValueError("allowed: http://HOST/..., https://HOST/... or file:///...")
        return text.rstrip("/")
    if parts.scheme not in ("http", "https") or not parts.hostname or not text.isprintable() or " " in text:
        raise ValueError("allowed: http://HOST/..., https://HOST/... or file:///...")
    if parts.username is not None:
        raise ValueError("allowed: an address without credentials; secrets are only paths to files")
    return text.rstrip("/")


def _split(text: str) -> Any:
    try:
        return urlsplit(text)
    except ValueError:
        raise ValueError("allowed: http://HOST/..., https://HOST/... or file:///...") from None


def journal_url(text: str) -> str:
    """Where the journal is: a SQLite file by absolute path, or PostgreSQL through psycopg, without a password."""
    if text.startswith("sqlite:////") and len(text) > len("sqlite:////") and text.isprintable():
        return text
    if _POSTGRESQL.fullmatch(text):
        if _split(text).password is not None or "password=" in text:
            raise ValueError("allowed: a URL without password; name the file with ?passfile=/path instead")
        return text
    raise ValueError("allowed: sqlite:////absolute/path or postgresql+psycopg://USER@HOST/DATABASE")


def absolute_path(path: Path) -> Path:
    """A place on this machine that does not depend on where the daemon was started."""
    if not path.is_absolute() or ".." in path.parts:
        raise ValueError("allowed: an absolute path without ..")
    return path


def secret_file(path: Path, info: ValidationInfo) -> Path:
    """A file that holds a secret; nobody but its owner and group may open it."""
    absolute_path(path)
    if not (info.context or {}).get(EXAMINE_SECRETS):
        return path
    try:
        mode = path.stat().st_mode
    except OSError as trouble:
        raise ValueError(f"allowed: a file that can be read here ({trouble.strerror})") from None
    if not stat.S_ISREG(mode):
        raise ValueError("allowed: an ordinary file")
    if mode & stat.S_IRWXO:
        raise ValueError(f"allowed: a file that others cannot open; everybody can: chmod o= {path}")
    return path


def path_below_root(text: str) -> str:
    """A place below the mirror's root: relative, plain, no way up and no way out."""
    parts = text.split("/")
    if len(text) > _LONGEST_PATH or not text.isprintable() or any(_is_bad_step(part) for part in parts):
        raise ValueError("allowed: a path below the mirror's root, without / at its ends and without . or .. in it")
    return text


def _is_bad_step(part: str) -> bool:
    return part in ("", ".", "..") or part.startswith((".relengotron", "-")) or "\\" in part or " " in part


def template(text: str) -> str:
    """A text that may hold placeholders, and only those we can fill in; ``{{`` and ``}}`` are plain braces."""
    for found in _BRACES.finditer(text):
        if found.group(0) not in ("{{", "}}") and found.group(1) not in PLACEHOLDERS:
            allowed = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
            raise ValueError(f"{found.group(0)} is no placeholder; allowed: {allowed}")
    return text


def placeholders_in(text: str) -> set[str]:
    """The names of the placeholders that a template uses."""
    return {found.group(1) for found in _BRACES.finditer(text) if found.group(1)}


def run_link(text: str) -> str:
    """An address with ``{run}`` in it."""
    if set(_BRACES.findall(text)) != {"run"}:
        raise ValueError("allowed: an address in which {run} stands for the id of the run, or null")
    return url(text)


def sentence(text: str) -> str:
    """One line for people."""
    if not text.strip() or not text.isprintable() or len(text) > _LONGEST_SENTENCE:
        raise ValueError(f"allowed: one line of text, at most {_LONGEST_SENTENCE} letters")
    return text


def fingerprint(text: str) -> str:
    """The whole fingerprint of a key; short ids can be had by anybody."""
    if not _FINGERPRINT.fullmatch(text):
        raise ValueError("allowed: the whole fingerprint, 40 or 64 hex digits without blanks, in quotes")
    return text.upper()


def _freeze(mapping: Mapping[K, V]) -> Mapping[K, V]:
    return MappingProxyType(dict(mapping))


Duration = Annotated[timedelta, BeforeValidator(duration)]
TimeOfDay = Annotated[timedelta, BeforeValidator(time_of_day)]
Name = Annotated[str, AfterValidator(is_name)]
TestName = Annotated[str, AfterValidator(_matching(_TEST, "the name of a test case, without spaces and .."))]
Pattern = Annotated[str, AfterValidator(_matching(_PATTERN, "a name in which * ? and [...] may stand for others"))]
Kind = Annotated[str, AfterValidator(_matching(_KIND, "the name of a plugin: small letters, digits, _ and -"))]
ReleaseName = Annotated[
    str, AfterValidator(_matching(_RELEASE, "a short name such as F24: a letter, then letters, digits, _ . -"))
]
TopicPrefix = Annotated[str, AfterValidator(_matching(_TOPIC, "words of small letters, joined by dots"))]
Topics = Annotated[
    str,
    AfterValidator(
        _matching(_TOPICS, "a topic without prefix and environment, or the first words of topics and then .*")
    ),
]
RefPattern = Annotated[str, AfterValidator(_matching(_REFS, "the name of a ref, in which * stands for anything"))]
Ref = Annotated[str, AfterValidator(_matching(_REF, "the name of a ref"))]
Principal = Annotated[str, AfterValidator(_matching(_PRINCIPAL, "a Kerberos principal such as relengotron/host@REALM"))]
Sentence = Annotated[str, AfterValidator(sentence)]
Url = Annotated[str, AfterValidator(url)]
MasterUrl = Annotated[
    str,
    AfterValidator(_matching(MASTER_URL, "rsync://[USER@]HOST[:PORT]/MODULE[/PATH] or ssh://[USER@]HOST[:PORT]/PATH")),
]
RunLink = Annotated[str, AfterValidator(run_link)]
JournalUrl = Annotated[str, AfterValidator(journal_url)]
LocalPath = Annotated[Path, AfterValidator(absolute_path)]
SecretFile = Annotated[Path, AfterValidator(secret_file)]
Template = Annotated[str, AfterValidator(template)]
SigningKey = Annotated[
    str,
    AfterValidator(_matching(re.compile(r"[0-9a-f]{8}"), "the last 8 hex digits of the key, in quotes, small letters")),
]
Fingerprint = Annotated[str, AfterValidator(fingerprint)]
Frozen = AfterValidator(_freeze)
AtLeastOne = Field(min_length=1)

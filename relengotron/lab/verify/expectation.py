"""What should be found on the mirror and in Koji?"""

from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Self


class _Record:
    """A record that reads itself from JSON and names what it does not know."""

    @classmethod
    def read(cls, values: dict[str, Any]) -> Self:
        known = {each.name: each for each in fields(cls)}  # type: ignore[arg-type]
        unknown = set(values) - set(known)
        absent = {
            name
            for name, each in known.items()
            if each.default is MISSING and each.default_factory is MISSING and name not in values
        }
        if unknown or absent:
            raise ValueError(f"{cls.__name__}: unknown {sorted(unknown)}, absent {sorted(absent)}")
        return cls(**{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()})


@dataclass(frozen=True, slots=True)
class RepoExpected(_Record):
    """One published repo; ``base`` are repos that users of it also have, ``$basearch`` stands for the arch."""

    path: str
    arches: tuple[str, ...] = ()
    must_have: tuple[str, ...] = ()
    must_not_have: tuple[str, ...] = ()
    base: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RefExpected(_Record):
    """One published ref; ``repos`` are the repos it is made from."""

    repo: str
    ref: str
    repos: tuple[str, ...] = ()
    must_have_packages: tuple[str, ...] = ()
    arch: str = "x86_64"
    commit: str | None = None


@dataclass(frozen=True, slots=True)
class ImageExpected(_Record):
    """One published image: ``kind`` is iso or disk; ``checksum`` is the path of the file that lists it."""

    path: str
    kind: str
    commit: str
    checksum: str | None = None


@dataclass(frozen=True, slots=True)
class FileExpected(_Record):
    """One file whose content must be exactly this."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ListExpected(_Record):
    """A module's file list: what it must name, and below which paths all that it names must be there."""

    module: str
    path: str = ""
    must_have: tuple[str, ...] = ()
    must_be_there: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PageExpected(_Record):
    """The file that download pages read, and the artifacts (``F24/stable NAME``) that it must speak of."""

    path: str
    artifacts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CacheExpected(_Record):
    """A cache, and the paths that it must show as the mirror does."""

    url: str
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TasksExpected(_Record):
    """So many tasks of a method carry this text in their request."""

    method: str
    marker: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class TagExpected(_Record):
    """A Koji tag, and the builds that are in it: all of them, or the latest of each package."""

    tag: str
    builds: tuple[str, ...] = ()
    only_latest: bool = True


@dataclass(frozen=True, slots=True)
class Expectation:
    """Everything that must be found; ``tasks`` is None when nobody asked for the tasks to be counted.

    ``public_key`` is the file with the key that everything must be signed by; None when nothing need be.
    """

    repos: tuple[RepoExpected, ...] = ()
    refs: tuple[RefExpected, ...] = ()
    images: tuple[ImageExpected, ...] = ()
    unchanged: tuple[FileExpected, ...] = ()
    checksums: tuple[str, ...] = ()
    lists: tuple[ListExpected, ...] = ()
    pages: tuple[PageExpected, ...] = ()
    caches: tuple[CacheExpected, ...] = ()
    tasks: tuple[TasksExpected, ...] | None = None
    tags: tuple[TagExpected, ...] = ()
    koji: str | None = None
    koji_user: str = "relengotron"
    mirror: str | None = field(default=None)
    public_key: str | None = None

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Self:
        """Read the whole expectation; a key that nobody checks is an error, not a pass."""
        kinds: dict[str, type[_Record]] = {
            "repos": RepoExpected,
            "refs": RefExpected,
            "images": ImageExpected,
            "unchanged": FileExpected,
            "lists": ListExpected,
            "pages": PageExpected,
            "caches": CacheExpected,
            "tasks": TasksExpected,
            "tags": TagExpected,
        }
        if unknown := set(found) - {each.name for each in fields(cls)}:
            raise ValueError(f"the expectation has keys that nobody checks: {sorted(unknown)}")
        values: dict[str, Any] = dict(found)
        for key, kind in kinds.items():
            if values.get(key) is not None:
                values[key] = tuple(kind.read(each) for each in values[key])
        values["checksums"] = tuple(values.get("checksums", ()))
        return cls(**values)

"""Where do people write down what an artifact contains? In a file of a branch, if not in the configuration."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final

from relengotron.errors import MalformedInput
from relengotron.sdk.workbench import Workbench
from relengotron.systems.git.names import checked_branch, checked_path

IN_THE_CONFIGURATION: Final = "config/artifacts"


@dataclass(frozen=True, slots=True)
class InGit:
    """A file in a branch (or tag) of a clone on this machine, which somebody else keeps fresh."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    repo: str
    branch: str
    file: str

    def __post_init__(self) -> None:
        """Refuse what could name anything else; ``check-config`` shows the sentence."""
        if not Path(self.repo).is_absolute() or ".." in Path(self.repo).parts:
            raise ValueError("allowed: as repo an absolute path without .. to a clone on this machine")
        try:
            checked_branch(self.branch)
            checked_path(self.file)
        except MalformedInput as odd:
            raise ValueError(f"allowed: a branch and the path of a file in it; {odd}") from odd


@dataclass(frozen=True, slots=True)
class Source:
    """What a manifest is read from: a commit of a repo, or the configuration alone."""

    place: InGit | None
    commit: str | None
    read: Callable[[str], bytes] | None

    @property
    def file(self) -> str | None:
        """The file to begin with, None when there is only the configuration."""
        return self.place.file if self.place is not None else None

    @property
    def origin(self) -> str:
        """The same for people."""
        if self.place is None or self.commit is None:
            return IN_THE_CONFIGURATION
        return f"{self.place.branch} of {self.place.repo} at {self.commit[:12]}, {self.place.file}"


def source_of(place: InGit | None, bench: Workbench, commit: str | None = None) -> Source:
    """The manifest's source at a commit; at what the branch shows now unless one was decided before."""
    if place is None:
        return Source(None, None, None)
    repo = bench.git(Path(place.repo))
    at = commit or repo.commit_of(place.branch)
    return Source(place, at, lambda path: repo.read(at, path))

"""What do we ask of a git repo?"""

from typing import Protocol


class GitRepo(Protocol):
    """One clone on this machine, bare or not; it is read only, and somebody else keeps it fresh.

    Every method raises ``SystemUnreachable`` when the clone cannot be read now.
    """

    def commit_of(self, branch: str) -> str:
        """The commit that a branch (or tag, or commit) names; RequestRefused when there is none."""

    def read(self, commit: str, path: str) -> bytes:
        """A file of a commit; RequestRefused when the commit has no such file."""

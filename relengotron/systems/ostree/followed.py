"""How do other masters come to show what a live repo shows? The repo itself sees to it, whoever writes to it.

Before a ref moves every master has what the commit needs; after the summary was written each of them comes to show it.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from relengotron.systems.mirror.port import Parcel
from relengotron.systems.ostree.lacking import SIGNATURE, SUMMARY, ahead, all_of, pointers_of
from relengotron.systems.ostree.locks import RefLocks
from relengotron.systems.ostree.names import TOOK_BACK
from relengotron.systems.ostree.port import OstreeRepo
from relengotron.systems.ostree.signed_summary import SignSummary

Relay = Callable[[Path, tuple[str, ...], Callable[[Mapping[str, bytes]], Iterable[Parcel]]], None]
_ASKED: Final = (SUMMARY, SIGNATURE)
_LONGEST: Final = timedelta(minutes=30)


class FollowedRepo:
    """A repo that other masters show too."""

    def __init__(self, repo: OstreeRepo, relay: Relay) -> None:
        """Take the repo and the way to its masters; every verb that is not named here is the repo's own."""
        self._repo = repo
        self._relay = relay
        self._locks = RefLocks(repo.path)

    def __getattr__(self, verb: str) -> Any:
        return getattr(self._repo, verb)

    def set_ref(self, ref: str, commit: str, expected_old: str | None) -> None:
        """The ref shows the commit; not before every master has what it needs, while nothing is visible yet.

        What takes another commit back waits for nobody: readers here are to be rid of that at once.
        """
        if self._repo.head(ref) == expected_old != commit and self._waits_for_masters(commit):
            self._relay(self._repo.path, _ASKED, partial(ahead, self._repo.path, [commit]))
        self._repo.set_ref(ref, commit, expected_old)

    def update_summary(self, sign: SignSummary | None = None) -> None:
        """The summary lists the refs as they are now, here and then on every master."""
        self._repo.update_summary(sign)
        with self._locks.sending(_LONGEST), TemporaryDirectory(prefix="relengotron-pointers-") as folder:
            with self._locks.summarising(_LONGEST):
                pointers_of(self._repo.path, Path(folder))
            self._relay(self._repo.path, _ASKED, partial(all_of, self._repo.path, Path(folder)))

    def _waits_for_masters(self, commit: str) -> bool:
        return self._repo.has_commit(commit) and TOOK_BACK not in self._repo.commit_info(commit).metadata

"""How do files that a ref showed before come back? As a new commit: clients refuse to go to an older one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from relengotron.plugins.tree_compose import MANIFEST, version_of
from relengotron.plugins.tree_signature import waits_to_be_signed
from relengotron.sdk import WayBack, Workbench
from relengotron.sdk.mirrored import NOTHING
from relengotron.systems.ostree.deltas import make_deltas
from relengotron.systems.ostree.names import TOOK_BACK
from relengotron.systems.ostree.port import CommitInfo, OstreeRepo

FILES_OF: Final = "relengotron.files-of"
"""The key under which a commit remembers which one its files and packages were composed as."""
_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Ref:
    """One ref that shows something, and by how many static deltas its clients come to what is new."""

    repo: OstreeRepo
    name: str
    deltas: int

    @property
    def head(self) -> CommitInfo | None:
        """What it shows."""
        commit = self.repo.head(self.name)
        return None if commit is None else self.repo.commit_info(commit)

    def took_back(self) -> str | None:
        """The commit that its head took back."""
        head = self.head
        return None if head is None else head.metadata.get(TOOK_BACK)

    def is_files_of(self, commit: str) -> bool:
        """Whether its head is this commit, or has been made of its files again."""
        head = self.head
        return head is not None and commit in (head.commit, head.metadata.get(FILES_OF))

    def show_again(self, commit: str, on_top_of: str, bench: Workbench, subject: str, **marks: str) -> str:
        """The files of the commit are shown by a new one, newer than what the ref shows; returns the new one."""
        again = waits_to_be_signed(self.repo, commit, on_top_of, subject, bench)
        again = again or self._commit(commit, self.repo.commit_info(on_top_of), bench, subject, marks)
        self.repo.sign(again, self.name)
        make_deltas(self.repo, on_top_of, again, self.deltas)
        self.repo.set_ref(self.name, again, on_top_of)
        return again

    def _commit(self, commit: str, head: CommitInfo, bench: Workbench, subject: str, marks: Mapping[str, str]) -> str:
        told = self.repo.commit_info(commit).metadata
        kept = {key: value for key, value in told.items() if key == MANIFEST}
        return self.repo.commit_tree_of(
            commit,
            parent=head.commit,
            subject=subject,
            timestamp=max(bench.now(), head.timestamp + _SECOND),
            version=version_after(head.version, version_of(bench)),
            metadata={**kept, FILES_OF: told.get(FILES_OF, commit), **marks},
        )


def way_back(artifact: str, ref: Ref, shown: str, before: str | None) -> WayBack:
    """What taking back ``shown`` would do now, and why it cannot be done, if it cannot."""
    head = ref.repo.head(ref.name)
    if before == shown or ref.took_back() == shown or (before is None and head is None):
        return WayBack(artifact, ())
    if (head or NOTHING) != shown:
        return WayBack(artifact, (), f"{ref.name} shows {head} by now, not {shown}")
    if before is None:
        return WayBack(artifact, (f"delete {ref.name}, which had not been there before",))
    if not ref.repo.has_commit(before):
        return WayBack(artifact, (), f"commit {before} is in {ref.repo.path} no more: it was collected")
    again = f"show the files of {before[:12]} again as {ref.name}, in a new commit on top of {shown[:12]}"
    return WayBack(artifact, (again, "write the summary"))


def take_back(ref: Ref, commit: str, before: str, bench: Workbench) -> None:
    """What was shown before this commit is shown again, on top of it."""
    ref.show_again(before, commit, bench, f"Take back {commit[:12]}", **{TOOK_BACK: commit})


def show_once_more(ref: Ref, commit: str, bench: Workbench) -> None:
    """What was taken back is shown again, on top of what took it back."""
    head = ref.repo.head(ref.name)
    if head is not None:
        ref.show_again(commit, head, bench, f"Show {commit[:12]} again")


def version_after(shown: str | None, wanted: str) -> str:
    """A version that no client has: the wanted one, or where this run has shown it already, one more behind it."""
    if shown is None or not shown.startswith(wanted):
        return wanted
    number = shown.removeprefix(wanted).removeprefix(".")
    return f"{wanted}.{int(number) + 1 if number.isdecimal() else 1}"

"""How long does a promotion of a tree take, beside the bare ``ostree`` commands that it needs?

Two live repos get the same commits in turns: one by ``relengotron``'s operation, which looks, locks and compares, one
by the commands alone: copy the commit and check it, commit again where that is needed, move the ref, write the summary.
"""

import os
import statistics
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random

from bench.results import Measure, timed
from relengotron.systems.ostree.client import OstreeCli
from relengotron.workflows.trees.operation import Terms
from relengotron.workflows.trees.promoting import Wanted, promotion

FILES, CHANGED, PACKAGES, ROUNDS = 5_000, 50, 400, 9
MOST = 1.5
REF = "fedora-atomic/24/x86_64/updates"
COMPOSED, FRESH = "composed", "fresh"
EPOCH = datetime(2016, 11, 1, tzinfo=UTC)
CARRIED = ("version", "rpmostree.rpmdb.pkglist")


class Composer:
    """A private repo; each tree has 5,000 files, of which 50 are others than in the tree before."""

    def __init__(self, root: Path) -> None:
        """Write the files of the first tree."""
        self.repo, self._tree, self._random, self._made = root / "private", root / "tree", Random(24), 0
        OstreeCli(self.repo).init_archive()
        for number in range(FILES):
            self._write(number)

    @property
    def now(self) -> datetime:
        """A while after the newest tree was composed."""
        return EPOCH + timedelta(days=self._made, hours=12)

    def compose(self, ref: str, *binding: str) -> str:
        """One more commit on the ref, with the package list that rpm-ostree writes."""
        self._made += 1
        for number in self._random.sample(range(FILES), CHANGED):
            self._write(number)
        rows = ", ".join(f"('package-{n}', '0', '1.{self._made}', '1.fc24', 'x86_64')" for n in range(PACKAGES))
        return bare(
            self.repo,
            "commit",
            f"--branch={ref}",
            "--subject=compose",
            f"--tree=dir={self._tree}",
            f"--timestamp={EPOCH + timedelta(days=self._made):%Y-%m-%dT%H:%M:%SZ}",
            f"--add-metadata-string=version=24.{self._made}",
            f"--add-metadata=rpmostree.rpmdb.pkglist=[{rows}]",
            *binding,
        )

    def _write(self, number: int) -> None:
        place = self._tree / f"{number % 100}" / f"file-{number}"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(self._random.randbytes(3_000))


def measure(scratch: Path) -> Iterable[Measure]:
    """Both ways of a promotion: the commit itself, and its files again on top of what is shown."""
    composer = Composer(scratch)
    yield from _compared("ostree_promote", scratch / "moved", composer, COMPOSED, by_hand, "--no-bindings")
    yield from _compared("ostree_promote_again", scratch / "again", composer, FRESH, by_hand_again)


def _compared(
    name: str, root: Path, composer: Composer, branch: str, by_hand: Callable[[Path, Path, str], None], *binding: str
) -> Iterator[Measure]:
    ours, theirs, took = root / "ours", root / "bare", []
    for repo in (ours, theirs):
        OstreeCli(repo).init_archive()
    for number in range(ROUNDS + 1):
        tree = composer.compose(branch, *binding)
        work = (partial(_promote, composer, tree, ours), partial(by_hand, composer.repo, theirs, tree))
        took.append(_in_turns(work, number % 2))
    assert OstreeCli(ours).content_checksum(tree) == OstreeCli(theirs).content_checksum(tree)
    mine, peer = (statistics.median(each[1:]) for each in zip(*took, strict=True))  # the first fills empty repos
    note = f"median of {ROUNDS} promotions, {FILES} files, {CHANGED} of them new, {PACKAGES} packages"
    yield Measure(f"{name}_s", mine, "s", note=note, compared_to=f"the bare commands, {peer:.3f} s", ratio=mine / peer)
    yield Measure(f"{name}_vs_bare_ratio", mine / peer, "times", MOST, note=note)


def _in_turns(work: Sequence[Callable[[], object]], first: int) -> list[float]:
    """Each way goes first every other time, on a disk that owes nothing: the first would pay for the compose."""
    took = [0.0] * len(work)
    for place in (first, 1 - first):
        os.sync()
        took[place] = timed(work[place])
    return took


def _promote(composer: Composer, tree: str, live: Path) -> None:
    """Opened anew each time."""
    wanted = Wanted(OstreeCli(composer.repo), tree, OstreeCli(live), REF)
    promotion(wanted, Terms(timedelta(seconds=30), lambda: composer.now)).act()


def by_hand(source: Path, live: Path, tree: str) -> None:
    """Copy and check, move."""
    shown = OstreeCli(live).head(REF)
    bare(live, "pull-local", "--untrusted", str(source), tree)
    _move(live, tree, shown)


def by_hand_again(source: Path, live: Path, tree: str) -> None:
    """Copy and check, commit on top with the metadata that tell about the files, move."""
    shown = OstreeCli(live).head(REF)
    bare(live, "pull-local", "--untrusted", str(source), tree)
    words = [f"--add-metadata={key}={bare(live, 'show', f'--print-metadata-key={key}', tree)}" for key in CARRIED]
    again = ("commit", "--orphan", f"--tree=ref={tree}", f"--parent={shown or 'none'}", f"--bind-ref={REF}")
    _move(live, bare(live, *again, "--subject=promoted", f"--add-metadata-string=promoted-from={tree}", *words), shown)


def _move(live: Path, commit: str, shown: str | None) -> None:
    bare(live, "refs", *(["--force"] if shown else []), f"--create={REF}", commit)
    bare(live, "summary", "--update")


def bare(repo: Path, *words: str) -> str:
    """The command, and nothing else."""
    command = ["ostree", f"--repo={repo}", *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

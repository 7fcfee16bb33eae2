"""The power goes off at every change of an operation on trees: asked for again, it ends as if nothing had happened."""

import itertools
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from relengotron.errors import PowerCut
from relengotron.sdk.rehearsal import Power, Watched
from relengotron.settings.systems import Ostree, Retention
from relengotron.systems.looking import ACTS
from relengotron.systems.ostree.client import OstreeCli
from relengotron.systems.ostree.command import OstreeCommand
from relengotron.systems.ostree.port import OstreeRepo
from relengotron.systems.ostree.simulated import SimulatedOstree
from relengotron.workflows.trees.archiving import archiving
from relengotron.workflows.trees.collecting import collection
from relengotron.workflows.trees.healing import healing
from relengotron.workflows.trees.merging import merge
from relengotron.workflows.trees.operation import Operation, Terms
from relengotron.workflows.trees.promoting import Wanted, promotion
from relengotron.workflows.trees.tagging import tagging

EPOCH = datetime(2016, 11, 1, tzinfo=UTC)
TERMS = Terms(timedelta(0), lambda: EPOCH + timedelta(days=400))
POLICY = Ostree(
    retention=(Retention(refs="master", depth=1),),
    unreferenced_kept_for=timedelta(days=0),
)
MASTER, BRANCH = "master", "fresh/branch"
EFFECTS = ACTS["ostree"] - {"hold", "hold_all"}


@dataclass(frozen=True)
class CutCommand(OstreeCommand):
    """The command that changes a repo, on a machine that may die before and after each call."""

    power: Power = field(default_factory=Power)

    def act(self, *arguments: str) -> str:
        self.power.moment(f"before {arguments[0]}")
        printed = super().act(*arguments)
        self.power.moment(f"after {arguments[0]}")
        return printed


@dataclass(frozen=True)
class Place:
    """Two repos, real or on paper, and the power they hang on."""

    root: Path
    is_real: bool
    power: Power

    def repo(self, name: str) -> OstreeRepo:
        if not self.is_real:
            return cast(OstreeRepo, Watched(SimulatedOstree(self.root / name), EFFECTS, self.power))
        opened = OstreeCli(self.root / name)
        opened._slow = CutCommand(opened.path, timedelta(seconds=60), power=self.power)
        return opened

    def commit(self, repo: OstreeRepo, ref: str, content: str, day: int, bound: bool = False) -> str:
        when = EPOCH + timedelta(days=day)
        return (
            self._really(repo, ref, content, when, bound)
            if self.is_real
            else _on_paper(repo, ref, content, when, bound)
        )

    def _really(self, repo: OstreeRepo, ref: str, content: str, when: datetime, bound: bool) -> str:
        tree = self.root / "tree"
        tree.mkdir(exist_ok=True)
        (tree / "file").write_text(content)
        words = ["commit", "-b", ref, f"--tree=dir={tree}", "--subject=s", f"--timestamp={when.isoformat()}"]
        words += ["--owner-uid=0", "--owner-gid=0", f"--add-metadata-string=version={content}"]
        command = ["ostree", f"--repo={repo.path}", *words, *([] if bound else ["--no-bindings"])]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _on_paper(repo: OstreeRepo, ref: str, content: str, when: datetime, bound: bool) -> str:
    paper = cast(Any, repo)
    before, binding = repo.head(ref), ref if bound else None
    made: str = paper.commit_files(
        {"file": content}, parent=before, subject="s", timestamp=when, bind_ref=binding, metadata={"version": content}
    )
    repo.set_ref(ref, made, before)
    return made


def furnish(place: Place) -> None:
    """A live repo with four commits, one of them tagged, all deltas; and a private one with a tree for it."""
    live, private = place.repo("live"), place.repo("private")
    for repo in (live, private):
        repo.init_archive()
    made = [place.commit(live, MASTER, f"24.{day}", day) for day in range(1, 5)]
    live.tag("first", made[0])
    for old in made[:-1]:
        live.make_delta(old, made[-1])
    live.update_summary()
    place.commit(private, BRANCH, "24.9", 9, bound=True)
    place.commit(live, BRANCH, "24.8", 8, bound=True)


def promoting(place: Place) -> Operation:
    return promotion(Wanted(place.repo("private"), BRANCH, place.repo("live"), MASTER, deltas=2), TERMS)


def going_back(place: Place) -> Operation:
    live = place.repo("live")
    return promotion(Wanted(live, live.tags()["first"], live, MASTER, version="24.99", deltas=1), TERMS)


def merging(place: Place) -> Operation:
    live = place.repo("live")
    if live.head(BRANCH) is None:  # only the summary is missing, and the next operation writes it
        return promotion(Wanted(live, MASTER, live, MASTER), TERMS)
    return merge(live, BRANCH, MASTER, TERMS, drop_branch=True)


def tagged(place: Place) -> Operation:
    return tagging(place.repo("live"), "newest", MASTER)


def archived(place: Place) -> Operation:
    return archiving(place.repo("live"), MASTER, place.repo("archive"), TERMS, delete=True)


def collected(place: Place) -> Operation:
    old = (EPOCH - timedelta(days=900)).timestamp()
    for file in (place.root / "live" / "objects").rglob("*.commit"):
        os.utime(file, (old, old))
    return collection(place.repo("live"), POLICY, TERMS)


def healed(place: Place) -> Operation:
    """One content object has gone, another is not what its name says; the archive is whole."""
    live, copy = place.repo("live"), place.repo("copy")
    if not (copy.path / "config").exists():
        copy.init_archive()
        for head in live.refs().values():
            copy.pull_local(live.path, head, depth=9)
        gone, spoilt = sorted((live.path / "objects").rglob("*.filez"))[:2]
        gone.unlink()
        spoilt.unlink()  # it may be the same file as in the copy
        spoilt.write_text("spoilt")
    return healing(live, copy, TERMS)


STORIES: Mapping[str, Callable[[Place], Operation]] = {
    "promote": promoting,
    "go back": going_back,
    "merge": merging,
    "tag": tagged,
    "archive": archived,
    "collect garbage": collected,
    "heal": healed,
}


def ending(place: Place) -> Mapping[str, Any]:
    """Everything that anybody can see of the repos afterwards, but for commits that nothing points to."""
    return dict(_ending(place))


def _ending(place: Place) -> Iterator[tuple[str, Any]]:
    for name in ("live", "archive"):
        if (place.root / name).exists():
            repo = place.repo(name)
            assert repo.fsck().clean
            yield f"{name} refs", repo.refs()
            yield f"{name} tags", repo.tags()
            yield f"{name} deltas", repo.deltas().keys()
            yield f"{name} summary", _listed(place, repo)


def _listed(place: Place, repo: OstreeRepo) -> bytes:
    """The refs of the summary, which for real repos also holds the time."""
    if not place.is_real:
        return (repo.path / "summary").read_bytes()
    printed = subprocess.run(["ostree", f"--repo={repo.path}", "summary", "-v"], check=True, capture_output=True).stdout
    return b"\n".join(line for line in printed.splitlines() if line.startswith(b"* ") or len(line.strip()) == 64)


def live_through(root: Path, story: str, is_real: bool, cut_at: int | None) -> tuple[Mapping[str, Any], int]:
    """The ending of one life, and how many moments it had."""
    root.mkdir()
    place = Place(root, is_real, Power())
    furnish(place)
    place.power.acts.clear()
    place.power.cut_at = cut_at
    try:
        STORIES[story](place).act()
        moments = len(place.power.acts)
    except PowerCut:
        STORIES[story](place).act()
        moments = -1
    return ending(place), moments


@pytest.mark.parametrize(
    "is_real",
    [pytest.param(False, id="on paper"), pytest.param(True, id="real", marks=pytest.mark.crash)],
)
@pytest.mark.timeout(900)
@pytest.mark.parametrize("story", STORIES)
def test_an_operation_on_trees_survives_a_power_cut_at_any_moment(tmp_path: Path, story: str, is_real: bool) -> None:
    calm, moments = live_through(tmp_path / "calm", story, is_real, None)
    assert moments > 1
    for moment in range(1, moments + 1):
        stormy, _ = live_through(tmp_path / f"cut-{moment}", story, is_real, moment)
        assert stormy == calm, f"{story}: the power went off at change {moment}"


def test_a_garbage_collection_frees_what_its_preview_said(tmp_path: Path) -> None:
    for is_real in (False, True):
        place = Place(tmp_path / str(is_real), is_real, Power())
        place.root.mkdir()
        furnish(place)
        operation = collected(place)
        before = place.repo("live").commits().keys()

        result = operation.act()

        assert result["bytes"] == operation.facts["bytes"] > 0
        assert result["commits"] == operation.facts["commits"]
        assert before - place.repo("live").commits().keys() == set(operation.facts["commits"])
        assert collected(place).effects == ()


def test_what_came_between_preview_and_collection_is_not_touched(tmp_path: Path) -> None:
    place = Place(tmp_path / "between", False, Power())
    place.root.mkdir()
    furnish(place)
    live, operation = place.repo("live"), collected(place)
    foreseen = set(operation.facts["commits"])
    saved = foreseen.pop()
    live.set_ref("rescued", saved, None)

    assert set(operation.act()["commits"]) == foreseen
    assert live.has_commit(saved)
    assert live.fsck().clean


def test_a_ref_that_moves_between_look_and_act_stops_the_promotion(tmp_path: Path) -> None:
    place = Place(tmp_path / "moves", False, Power())
    place.root.mkdir()
    furnish(place)
    operation = promoting(place)
    head = place.commit(place.repo("live"), MASTER, "24.5", 5)

    with pytest.raises(Exception, match="a moment ago"):
        operation.act()
    assert place.repo("live").head(MASTER) == head


def test_a_corrupt_archive_keeps_the_branch_where_it_is(tmp_path: Path) -> None:
    place = Place(tmp_path / "corrupt", True, Power())
    place.root.mkdir()
    furnish(place)
    archive, live = place.repo("archive"), place.repo("live")
    archive.init_archive()
    archive.pull_local(live.path, str(live.head(MASTER)), depth=3)
    for content in itertools.islice((archive.path / "objects").rglob("*.filez"), 1):
        whole = content.read_bytes()
        content.unlink()  # it is the same file as in the live repo
        content.write_bytes(whole + b"more")

    with pytest.raises(Exception, match="of another size in the archive"):
        archived(place).act()
    assert live.head(MASTER) is not None

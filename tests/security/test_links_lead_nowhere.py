"""Builders write where we read and write: no link of theirs shows what only we may read, or leads our writing away."""

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

import pytest

from relengotron.errors import RelengError
from relengotron.model.artifact import Built
from relengotron.model.run import RunState
from relengotron.sdk.case import Case
from relengotron.sdk.conformance_hands import FIRST, Hands
from relengotron.sdk.rehearsal import Workshop
from relengotron.systems.ostree.client import OstreeCli
from relengotron.systems.ostree.locks import RefLocks
from relengotron.systems.ostree.simulated import SimulatedOstree
from relengotron.workflows.trees.archiving import RECORDS, archiving
from relengotron.workflows.trees.operation import Terms
from tests.builders import an_update, our_request
from tests.plugins.cases import ImageCase, MashCase, OstreeCase
from tests.security.tricks import contents
from tests.stage.stage import Stage

SECRET = "what only we may read"
NOW = datetime(2016, 11, 1, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("secret")


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A folder of ours beside the workshop."""
    ours = tmp_path / "ours"
    (ours / "folder").mkdir(parents=True)
    (ours / "secret").write_text(SECRET)
    return ours


def replaced(path: Path, by: Path) -> None:
    """What a builder left is a link instead."""
    if path.is_dir() and not path.is_symlink():
        shutil.copytree(path, by, dirs_exist_ok=True)
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(by)


class Hostile(Hands):
    """A builder that finishes its task, and leaves a link."""

    def spoilt(self, workshop: Workshop, spoil: Callable[[Path], None]) -> None:
        """Compose and publish; the builder spoils its output in between."""
        with suppress(RelengError):
            for _ in range(3):
                outcome = self._compose(workshop, "one", FIRST)
                if isinstance(outcome, Built):
                    self._publish(workshop, outcome, FIRST)
                    return
                self._play_the_builder(workshop, "one")
                spoil(workshop.root)

    def shows(self, workshop: Workshop, secret: Path) -> bool:
        """Whether the secret is on the mirror, or has been written to."""
        shown = "".join(contents(workshop.mirror_root).values())
        return SECRET.encode().hex() in shown or f"-> {secret}" in shown


def only(root: Path, pattern: str) -> Path:
    return next(iter(sorted(root.rglob(pattern))))


class TestImages(Hostile):
    case: ClassVar[Case] = ImageCase("image")

    @pytest.mark.parametrize("copied", [False, True], ids=["one file system", "two file systems"])
    @pytest.mark.parametrize("what", ["disk.raw.xz", "task_*"])
    def test_an_image_that_is_a_link_or_lies_behind_one_is_not_published(
        self, workshop: Workshop, secret: Path, what: str, copied: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if copied:
            monkeypatch.setattr(os, "link", lambda *_: _no_link())
        (secret / "folder" / "disk.raw.xz").write_text(SECRET)

        def spoil(root: Path) -> None:
            found = only(root / "koji", what) if (root / "koji").exists() else only(root, what)
            replaced(found, secret / ("secret" if what == "disk.raw.xz" else "folder"))

        self.spoilt(workshop, spoil)
        assert not self.shows(workshop, secret)
        assert workshop.files(below=workshop.mirror_root) == {}

    @pytest.mark.parametrize(
        "what", ["release", "sheet", "Fedora-Atomic-image-24-20161101.120000.1.x86_64.raw.xz-CHECKSUM"]
    )
    def test_what_we_write_beside_it_is_not_written_through_a_link(
        self, workshop: Workshop, secret: Path, what: str
    ) -> None:
        before = contents(secret)

        def spoil(root: Path) -> None:
            store = workshop.bench(self.case.artifact(workshop), {}, run=FIRST).store
            if what.endswith("CHECKSUM"):
                replaced(store / "release" / what, secret / "secret")
            else:
                replaced(store / what, secret / "folder")

        self.spoilt(workshop, spoil)
        assert contents(secret) == before


def _no_link() -> None:
    raise OSError("another file system")


class TestInstallers(Hostile):
    case: ClassVar[Case] = ImageCase("lorax")

    @pytest.mark.parametrize("what", ["boot.iso", "images"])
    def test_an_installer_that_is_a_link_or_lies_behind_one_is_not_published(
        self, workshop: Workshop, secret: Path, what: str
    ) -> None:
        (secret / "folder" / "boot.iso").write_text(SECRET)
        self.spoilt(
            workshop,
            lambda root: replaced(only(root, what), secret / ("secret" if what == "boot.iso" else "folder")),
        )
        assert not self.shows(workshop, secret)
        assert workshop.files(below=workshop.mirror_root) == {}


class TestRepos(Hostile):
    case: ClassVar[Case] = MashCase()

    @pytest.mark.parametrize("what", ["*.rpm", "repomd.xml", "repodata", "x86_64", "f24-updates"])
    def test_a_mash_with_a_link_in_it_is_not_published(self, workshop: Workshop, secret: Path, what: str) -> None:
        goal = secret / ("secret" if "." in what else "folder")

        def spoil(root: Path) -> None:
            if what == "*.rpm":
                (only(root, "x86_64") / "more.rpm").symlink_to(secret / "secret")
                return
            found = only(root, what)
            replaced(found, goal)

        self.spoilt(workshop, spoil)
        assert not self.shows(workshop, secret)
        assert workshop.files(below=workshop.mirror_root) == {}


class TestTrees(Hostile):
    case: ClassVar[Case] = OstreeCase()

    @pytest.mark.parametrize("said", ["a link", "no commit", "a flood"])
    def test_a_builder_that_names_its_commit_so_is_refused_and_shows_nothing(
        self, workshop: Workshop, secret: Path, said: str
    ) -> None:
        def spoil(root: Path) -> None:
            place = only(root, "commitid")
            if said == "a link":
                replaced(place, secret / "secret")
            else:
                place.write_text("../../etc/passwd" if said == "no commit" else "f" * 10_000_000)

        self._compose(workshop, "one", FIRST)
        self._play_the_builder(workshop, "one")
        spoil(workshop.root)
        with pytest.raises(RelengError) as refused:
            self._compose(workshop, "one", FIRST)
        assert SECRET not in str(refused.value)
        assert len(str(refused.value)) < 1000


# -- repos of trees ----------------------------------------------------------------------------------------------------


@pytest.fixture
def tree(tmp_path: Path) -> SimulatedOstree:
    repo = SimulatedOstree(tmp_path / "repo")
    repo.init_archive()
    made = repo.commit_files({"file": "x"}, parent=None, subject="s", timestamp=NOW)
    repo.set_ref("old/branch", made, None)
    return repo


def test_a_lock_is_not_taken_behind_a_link(tmp_path: Path, secret: Path) -> None:
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / ".relengotron-locks").symlink_to(secret / "folder")
    before = contents(secret)
    with pytest.raises(RelengError, match="no lock can be taken"), RefLocks(tmp_path / "repo").hold("a", "why"):
        pytest.fail("it was taken")
    assert contents(secret) == before


def test_a_ref_of_the_longest_name_has_a_lock_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "repo").mkdir()
    one, other = f"{'a/' * 127}b", f"{'a/' * 127}c"
    locks = RefLocks(tmp_path / "repo")
    with locks.hold(one, "why"), locks.hold(other, "why"):
        assert len(locks.holders()) == 2


@pytest.mark.parametrize("what", ["the folder of records", "a record"])
def test_an_archive_keeps_no_record_behind_a_link(
    tmp_path: Path, secret: Path, tree: SimulatedOstree, what: str
) -> None:
    archive = SimulatedOstree(tmp_path / "archive")
    archive.init_archive()
    if what == "a record":
        (archive.path / RECORDS).mkdir()
        (archive.path / RECORDS / ".old%2Fbranch.json").symlink_to(secret / "secret")
    else:
        (archive.path / RECORDS).symlink_to(secret / "folder")
    before = contents(secret)
    with pytest.raises(RelengError, match="cannot be written"):
        archiving(tree, "old/branch", archive, Terms(timedelta(), _now), delete=True).act()
    assert contents(secret) == before
    assert tree.refs(), "it is not deleted before its record is kept"


def _now() -> datetime:
    return NOW


def test_an_archive_in_the_repo_itself_by_another_name_is_refused(tmp_path: Path, tree: SimulatedOstree) -> None:
    (tmp_path / "link").symlink_to(tree.path)
    with pytest.raises(RelengError, match="no archive of it"):
        archiving(tree, "old/branch", SimulatedOstree(tmp_path / "link"), Terms(timedelta(), _now), delete=True)


def test_a_ref_file_that_is_a_link_out_of_the_repo_is_not_followed_by_a_write(tmp_path: Path, secret: Path) -> None:
    repo = OstreeCli(tmp_path / "real")
    repo.init_archive()
    (repo.path / "refs" / "heads" / "a").symlink_to(secret / "secret")
    before = contents(secret)
    with pytest.raises(RelengError):
        repo.set_ref("a", "0" * 64, None)
    assert contents(secret) == before


# -- and in a whole run ------------------------------------------------------------------------------------------------


def test_an_order_with_such_a_build_makes_nothing(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "world")
    try:
        before = contents(tmp_path / "world" / "pub")
        stage.receive(our_request(an_update("../../../x-1-1.fc24")))
        stage.run_until_quiet()
        assert contents(tmp_path / "world" / "pub") == before
        assert not [run for run in stage.runs("push_updates") if run.state is RunState.DONE]
    finally:
        stage.close()

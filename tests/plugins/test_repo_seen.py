"""A repo is only seen when a reader could follow its metadata to everything that they name."""

from pathlib import Path

import pytest

from relengotron.model.artifact import Published
from relengotron.model.package import Package
from relengotron.plugins.mash import MashPlugin
from relengotron.sdk.mirrored import publication
from relengotron.sdk.rehearsal import Workshop
from relengotron.sdk.rehearsal_bench import RehearsalBench
from relengotron.systems.mirror.paths import rel_path
from tests.plugins.cases import MashCase
from tests.stage.paper_repo import PaperPackage, write_repo

REPOMD = "updates/24/x86_64/repodata/repomd.xml"


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


def publish(workshop: Workshop, folder: Path, bench: RehearsalBench) -> Published:
    """The first state of a repo is live."""
    artifact = MashCase().artifact(workshop)
    write_repo(folder / "x86_64", [PaperPackage(Package("bash", "0", "4.3", "1", "x86_64"))])
    switched = bench.mirror.switch(bench.mirror.stage(folder, rel_path(artifact.target), "run-1"))
    return publication(artifact, "one", switched, {**switched.metadata, **switched.changed})


def test_metadata_that_cannot_be_read_a_second_time_are_late_and_not_followed_in_silence(
    workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = workshop.bench(MashCase().artifact(workshop), {}, run="run-1")
    published = publish(workshop, tmp_path / "made", bench)
    assert MashPlugin().probe(published, bench).is_live

    monkeypatch.setattr(type(bench.mirror), "read", lambda *_words: None)
    probe = MashPlugin().probe(published, bench)

    assert (probe.missing, probe.lies) == ((f"{REPOMD}: not what it was a moment ago",), ())


def test_a_repo_that_was_taken_off_is_seen_so_only_when_no_reader_can_start_there(
    workshop: Workshop, tmp_path: Path
) -> None:
    artifact, plugin = MashCase().artifact(workshop), MashPlugin()
    bench = workshop.bench(artifact, {}, run="run-1")
    gone = plugin.withdraw(publish(workshop, tmp_path / "made", bench), artifact, bench)
    assert gone is not None
    assert plugin.probe(gone, bench).is_live

    file = bench.mirror.place(rel_path(artifact.target)) / REPOMD.removeprefix(f"{artifact.target}/")
    file.write_text("a cache has it still")

    assert plugin.probe(gone, bench).missing == (f"{REPOMD}: still there",)

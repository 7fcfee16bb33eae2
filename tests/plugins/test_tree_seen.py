"""A summary is only seen when it is the repo's own, whole, and signed by the key of its ref."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest

from relengotron.model.artifact import Published
from relengotron.plugins.tree_seen import expected_of, look
from relengotron.sdk.mirrored import NOTHING
from relengotron.sdk.rehearsal import Workshop
from relengotron.sdk.rehearsal_bench import RehearsalBench
from relengotron.systems.mirror.port import Seen
from relengotron.systems.ostree.port import OstreeRepo
from relengotron.systems.ostree.signed import RepoKeys, SignedRepo
from relengotron.systems.ostree.simulated import SimulatedOstree
from tests.plugins.cases import REF, OstreeCase

PATH = "atomic/repo"


@pytest.fixture
def bench(tmp_path: Path) -> RehearsalBench:
    workshop = Workshop(tmp_path)
    return replace(workshop.bench(OstreeCase().artifact(workshop), {}, run="run-1"), signer=workshop.signer)


@pytest.fixture
def live(bench: RehearsalBench, tmp_path: Path) -> OstreeRepo:
    """A repo with one signed tree and a signed summary."""
    plain = SimulatedOstree(tmp_path / "pub" / PATH)
    plain.init_archive()
    assert bench.signer is not None
    repo = cast(OstreeRepo, SignedRepo(plain, RepoKeys({REF: bench.signer})))
    made = plain.commit_files({"bash": "1"}, parent=None, subject="one", timestamp=datetime(2016, 11, 1, tzinfo=UTC))
    repo.sign(made, REF)
    repo.set_ref(REF, made, None)
    repo.update_summary()
    return repo


def missing(live: OstreeRepo, bench: RehearsalBench) -> str:
    head = live.head(REF) or ""
    links, previous = {"ref": REF, "path": PATH}, {"commit": None, "live_repo": str(live.path)}
    expected = expected_of(live, PATH, REF, head)
    return "; ".join(look(Published("tree", head, expected, links, previous, before={}), live, bench).missing)


def test_what_is_whole_and_signed_is_seen(live: OstreeRepo, bench: RehearsalBench) -> None:
    assert missing(live, bench) == ""


@pytest.mark.parametrize(
    ("happens", "said"),
    [
        (lambda repo: (repo.path / "summary.sig").unlink(), "summary.sig: there is none"),
        (lambda repo: (repo.path / "summary.sig").write_bytes(b"\xff" * 9), "summary.sig: "),
        (
            lambda repo: (repo.path / "summary").write_bytes((repo.path / "summary").read_bytes() + b" "),
            "is not signed",
        ),
    ],
)
def test_a_summary_without_a_good_signature_is_not(
    live: OstreeRepo, bench: RehearsalBench, happens: Callable[[OstreeRepo], object], said: str
) -> None:
    happens(live)
    assert said in missing(live, bench)


def test_a_summary_that_is_not_the_repos_own_is_waited_for(
    live: OstreeRepo, bench: RehearsalBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = (live.path / "summary").read_bytes()
    monkeypatch.setattr(type(bench.mirror), "read", lambda *_words: content + b" ")
    assert "summary: not as it lies in the repo" in missing(live, bench)


@pytest.mark.parametrize(("status", "said"), [(404, ""), (503, f"{PATH}/refs/heads/{REF}: HTTP 503")])
def test_a_server_in_trouble_does_not_say_that_a_ref_is_gone(
    live: OstreeRepo, bench: RehearsalBench, monkeypatch: pytest.MonkeyPatch, status: int, said: str
) -> None:
    monkeypatch.setattr(
        type(bench.mirror), "look", lambda _mirror, urls: [Seen(path, status, None, 0, "") for path in urls]
    )
    gone = Published("tree", NOTHING, {}, {"ref": REF, "path": PATH}, {"commit": None}, before={})
    assert "; ".join(look(gone, live, bench).missing) == said

"""Does one screen say why an artifact was composed or not, with the evidence?"""

import json
from datetime import timedelta

import pytest

from relengotron.decisions.affected import climb
from relengotron.engine.journal import evidence, outbox
from relengotron.engine.journal.database import Database
from relengotron.model.difference import Change
from relengotron.model.run import Evidence
from relengotron.model.rung import Rung, RungName, Says
from relengotron.workflows.reaching import facts_of
from tests.unit.cli.story import NOW, Command, opened

TREE = "atomic-tree-24-testing"


@pytest.fixture
def judged(database: Database) -> str:
    """A push whose tree was judged by four rungs."""
    changes = tuple(Change(f"lib{number}", "x86_64", "1-1", "2-1") for number in range(40))
    reach = climb(
        TREE,
        [
            Rung(RungName.MANIFEST, Says.UNCHANGED, "its manifest is the one it was composed from", "config/artifacts"),
            Rung(RungName.NAMES, Says.CHANGED, "it contains lib0 1-1 → 2-1", "commit 0f3a of a-ref", changes[:1]),
            Rung(RungName.LISTS, Says.UNCHANGED, "the mashed repo offers nothing newer", "file:///new"),
            Rung(RungName.SOLVED, Says.CHANGED, "a compose for x86_64 brings lib0 1-1 → 2-1", "libsolv", changes),
        ],
    )
    run = opened(database, "F24/testing", "judged", NOW - timedelta(hours=1))
    with database.write() as db:
        facts = facts_of(reach, "ostree")
        step = "ensure_affected_artifacts_are_known"
        evidence.add(db, Evidence(run, step, "artifact", TREE, "affected", reach.reason, facts, NOW))
        outbox.write(db, run, "compose start", "relengotron.artifact.compose.start", {"artifact": TREE}, NOW)
    return run


def test_explain_shows_every_rung_with_what_it_said_and_who_told_it(relengotron: Command, judged: str) -> None:
    told = relengotron("explain", judged, TREE).output
    rungs = ["manifest  unchanged", "names     changed", "lists     unchanged", "solved    changed"]
    assert [told.index(rung) for rung in rungs] == sorted(told.index(rung) for rung in rungs)
    assert "[commit 0f3a of a-ref]" in told
    assert "opened by message 2016-judged" in told
    assert "told: relengotron.artifact.compose.start, message " in told


def test_explain_fits_on_one_screen_however_much_changes(relengotron: Command, judged: str) -> None:
    told = relengotron("explain", judged, TREE).output
    assert "lib0 1-1 → 2-1 (x86_64)" in told
    assert "and 28 more: --json" in told
    assert len(told.splitlines()) <= 24


def test_explain_finds_the_newest_run_of_an_artifact_by_itself(relengotron: Command, judged: str) -> None:
    assert f"in {judged}, F24/testing" in relengotron("explain", TREE).output


def test_programs_get_every_rung_and_every_change(relengotron: Command, judged: str) -> None:
    facts = json.loads(relengotron("explain", judged, TREE, "--json").output)["evidence"][0]["facts"]
    assert [rung["rung"] for rung in facts["rungs"]] == ["manifest", "names", "lists", "solved"]
    assert len(facts["rungs"][3]["changes"]) == 40

"""What does a person type to answer for a test, and what is kept of it?"""

import json
from collections.abc import Sequence
from datetime import timedelta

import pytest

from relengotron.cli import waivers, waiving
from relengotron.cli.who import person
from relengotron.engine.journal import evidence, inbox
from relengotron.engine.journal import waivers as journal
from relengotron.engine.journal.database import Database
from relengotron.messages.envelope import Envelope
from relengotron.messages.incoming import understand
from relengotron.model.codec import to_json
from relengotron.model.events import WaiverWished, WithdrawalWished
from relengotron.model.gate import GateAnswer, Reason, Requirement, RequirementState, Verdict
from relengotron.model.run import Evidence
from relengotron.model.waiver import Waiver
from tests.unit.cli.story import NOW, Command

REPO = Requirement("updates-testing-24", "sha256:aa", "dist.depcheck", waivers_need=2)
TREE = Requirement("atomic-tree-24-testing", "sha256:bb", "dist.depcheck")
GAP = Requirement("bash-1-1", "bash-1-1", "relengotron.policy", "koji_build")


@pytest.fixture(autouse=True)
def _the_clock_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (waiving, waivers):
        monkeypatch.setattr(module, "now", lambda: NOW)


@pytest.fixture
def shut(database: Database, held: str) -> str:
    """The held push, after its gate has answered."""
    reasons = (
        Reason(REPO, RequirementState.FAILED, Verdict.CLOSED),
        Reason(TREE, RequirementState.NOT_SCHEDULED, Verdict.WAITING),
        Reason(GAP, RequirementState.POLICY_MISSING, Verdict.CLOSED),
    )
    answer = GateAnswer(Verdict.CLOSED, reasons, "own evaluation", "bodhi_update_push_testing", "fedora-24")
    with database.write() as db:
        evidence.add(db, Evidence(held, "ensure_the_gate_is_open", "gate", answer.context, "closed", "", to_json(answer), NOW))  # fmt: skip  # noqa: E501
    return held


def wishes(database: Database) -> Sequence[object]:
    with database.read() as db:
        return [understand(Envelope.read(each.raw)) for each in inbox.unsettled(db, 10)]


def test_everything_of_a_run_that_a_test_keeps_is_waived_with_the_name_of_who_typed(
    relengotron: Command, database: Database, shut: str
) -> None:
    told = relengotron("waive", shut[-8:], "dist.depcheck", "--reason", "known", "--until", "2h").output
    assert "Asked to waive updates-testing-24: dist.depcheck until" in told
    assert "It needs 2 different people." in told
    ends = NOW + timedelta(hours=2)
    assert wishes(database) == [
        WaiverWished(shut, person(), "compose", each.item, "dist.depcheck", None, "fedora-24", "known", ends)
        for each in (REPO, TREE)
    ]


class _WaiverDb:
    def __init__(self) -> None:
        self.given: list[Waiver] = []

    def give(self, waiver: Waiver) -> str:
        self.given.append(waiver)
        return f"waiverdb {len(self.given)}"


def test_waiverdb_is_told_too_in_the_name_of_the_person_behind_the_account(
    relengotron: Command, database: Database, shut: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = _WaiverDb()
    monkeypatch.setattr(waiving, "open_waiverdb_to_write", lambda _settings: there)
    monkeypatch.setattr(waiving, "person", lambda: "root, by sudo from alice")
    told = relengotron("waive", TREE.artifact, "dist.depcheck", "--reason", "known", "--also-waiverdb").output
    assert "WaiverDB has it as waiverdb 1." in told
    relengotron("waive", TREE.artifact, "dist.depcheck", "--reason", "no", "--withdraw", "--also-waiverdb")
    assert [(each.who, each.item, each.is_waived) for each in there.given] == [
        ("alice", TREE.item, True),
        ("alice", TREE.item, False),
    ]
    assert len(wishes(database)) == 2


def test_waiverdb_knows_no_end_and_needs_a_token(relengotron: Command, database: Database, shut: str) -> None:
    words = ("waive", TREE.artifact, "dist.depcheck", "--reason", "known", "--also-waiverdb")
    assert "WaiverDB knows no end" in relengotron(*words, "--until", "2h", status=2).output
    assert "systems.waiverdb.token_file is not set" in relengotron(*words, status=2).output
    assert not wishes(database)


def test_one_artifact_is_waived_by_its_name_and_withdrawn_again(
    relengotron: Command, database: Database, shut: str
) -> None:
    relengotron("waive", REPO.artifact, "dist.depcheck", "--reason", "known")
    relengotron("waive", REPO.artifact, "dist.depcheck", "--reason", "not so", "--withdraw")
    given, taken = wishes(database)
    assert isinstance(given, WaiverWished)
    assert (given.item, given.until) == (REPO.item, None)
    assert taken == WithdrawalWished(shut, person(), "compose", REPO.item, "dist.depcheck", "not so")


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (("dist.depchek", "--reason", "x"), 3, "no requirement is called 'dist.depchek'"),
        (("relengotron.policy", "--reason", "x"), 1, "that is not to be waived"),
        (("dist.depcheck",), 2, "Missing option '--reason'"),
        (("dist.depcheck", "--reason", "x", "--until", "tomorrow"), 2, "is no time"),
        (("dist.depcheck", "--reason", "x", "--until", "2016-01-01T00:00:00"), 2, "is no time"),
        (("dist.depcheck", "--reason", "x", "--until", "2001-01-01T00:00:00Z"), 2, "is over already"),
        (("dist.depcheck", "--reason", "x\ny"), 2, "one printable line"),
        (("dist.depcheck", "--reason", "x", "--until", "2h", "--withdraw"), 2, "leave out --until"),
    ],
)
def test_what_cannot_be_waived_is_refused_with_the_reason(
    relengotron: Command, database: Database, shut: str, words: tuple[str, ...], status: int, told: str
) -> None:
    assert told in relengotron("waive", shut, *words, status=status).output
    assert not wishes(database)


def test_who_answers_for_a_test_already_is_told_so(relengotron: Command, database: Database, shut: str) -> None:
    waiver = Waiver("", "compose", REPO.item, "dist.depcheck", "fedora-24", person(), "known", NOW)
    with database.write() as db:
        journal.give(db, waiver)
    words = ("waive", REPO.artifact, "dist.depcheck", "--reason", "known")
    assert f"you answer for {REPO} already" in relengotron(*words, status=1).output
    assert not wishes(database)
    relengotron(*words, "--until", "2h")
    relengotron("waive", shut, "dist.depcheck", "--reason", "known")
    assert [each.item for each in wishes(database) if isinstance(each, WaiverWished)] == [REPO.item, TREE.item]


def test_explain_names_every_command_that_leads_on_at_a_shut_gate(relengotron: Command, shut: str) -> None:
    told = relengotron("explain", shut).output
    assert f"relengotron waive {shut} dist.depcheck --reason TEXT   # by 2 different people" in told
    assert f"relengotron eject {shut} bash-1-1 --reason TEXT" in told
    assert f"relengotron runs cancel {shut} --reason TEXT" in told
    assert "relengotron.policy --reason" not in told
    assert len(json.loads(relengotron("explain", shut, "--json").output)["commands"]) == 3


def test_a_run_whose_gate_was_not_asked_has_nothing_to_waive(relengotron: Command, held: str) -> None:
    assert "was not asked yet" in relengotron("waive", held, "dist.depcheck", "--reason", "x", status=1).output


def test_the_report_says_which_waivers_stand_and_what_was_shipped_with_them(
    relengotron: Command, database: Database, held: str
) -> None:
    assert relengotron("waivers").output.splitlines()[-1] == "none"
    waiver = Waiver("", "compose", "sha256:aa", "dist.depcheck", "fedora-24", "alice", "known", NOW)
    outside = Waiver("waiverdb 15", "koji_build", "bash-1-1", "dist.lint", "fedora-24", "carol", "fine", NOW)
    with database.write() as db:
        journal.give(db, waiver)
        journal.give(db, Waiver(**{**to_json(waiver), "at": NOW, "until": NOW, "item": "sha256:bb"}))
        journal.give(db, Waiver(**{**to_json(waiver), "at": NOW, "item": "sha256:cc"}))
        assert journal.withdraw(db, "compose", "sha256:cc", "dist.depcheck", "bob", NOW) == 1
        for each, facts in (("journal 1", waiver), ("waiverdb 15", outside)):
            evidence.add(db, Evidence(held, "ensure_the_gate_is_open", "waiver", each, "used", "", to_json(facts), NOW))
    told = {each["id"]: each for each in json.loads(relengotron("waivers", "--json").output)}
    assert {key: each["state"] for key, each in told.items()} == {
        "journal 1": "stands",
        "journal 2": "expired",
        "journal 3": "withdrawn",
        "waiverdb 15": "stands",
    }
    assert (told["journal 1"]["used_by"], told["journal 2"]["used_by"]) == ([held], [])
    page = relengotron("waivers").output
    assert "(withdrawn by bob)" in page
    assert "carol" in page


def test_a_test_of_a_batch_at_a_gate_is_waived_for_this_round_of_it(
    relengotron: Command, database: Database, held: str
) -> None:
    whole = Requirement("rawhide-ab12cd34ef56", "rawhide-ab12cd34ef56.1", "dist.boots", "koji_batch")
    reason = Reason(whole, RequirementState.MISSING, Verdict.WAITING)
    answer = GateAnswer(Verdict.WAITING, (reason,), "own evaluation", "koji_gate", "fedora-rawhide")
    kept = Evidence(held, "ensure_builds_have_verdicts", "gate", "koji_gate", "waiting", "", to_json(answer), NOW)
    with database.write() as db:
        evidence.add(db, kept)

    relengotron("waive", held[-8:], "dist.boots", "--reason", "the tester is broken")

    [wish] = wishes(database)
    assert isinstance(wish, WaiverWished)
    assert (wish.subject_type, wish.item) == ("koji_batch", whole.item)
    assert wish.product_version == "fedora-rawhide"

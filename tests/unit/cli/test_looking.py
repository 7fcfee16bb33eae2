"""What do people see when they look?"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from relengotron.engine.journal import acknowledgements, audit, evidence, inbox, outbox, runs
from relengotron.engine.journal.database import Database
from relengotron.model.run import Evidence, RunState, StepState
from relengotron.settings.fingerprint import fingerprint
from tests.unit.cli.story import NOW, Command, opened, opened_in


@pytest.mark.usefixtures("done", "failed")
def test_status_says_what_waits_for_whom_and_what_to_type(relengotron: Command, held: str) -> None:
    told = relengotron("status").output
    assert "F24/testing  WAITS FOR PEOPLE" in told
    assert "builds are signed, since" in told
    assert "bash-4.3.42-1.fc24 is not signed with 81b46521" in told
    assert "until 15:00:00 UTC (in 3 h)" in told
    assert f"relengotron runs retry {held}" in told
    assert "1 could not be understood or believed and were put aside; look: relengotron messages" in told
    assert "F24/stable  idle; the last run (push updates) was done at" in told
    assert "F23/testing  idle, no run yet" in told
    assert "compose failed: disk full" in told


@pytest.mark.usefixtures("held")
def test_what_comes_from_outside_cannot_steer_the_terminal(relengotron: Command) -> None:
    assert "\x1b" not in relengotron("status").output
    assert "\x1b" not in relengotron("messages").output


def test_status_for_programs_holds_the_same_facts(relengotron: Command, held: str, failed: str) -> None:
    told = json.loads(relengotron("status", "--json").output)
    lanes = {lane["lane"]: lane for lane in told["lanes"]}
    assert lanes["F24/testing"]["run"] == held
    assert lanes["F24/testing"]["hold"]["owner"] == "releng"
    assert lanes["F23/stable"]["command"] == f"relengotron runs retry {failed}"
    assert lanes["F23/testing"]["state"] == "idle"
    assert told["messages"]["counts"] == {"parked": 1}
    assert told["overdue_since"] is None


def test_status_names_what_was_left_behind(relengotron: Command, held: str, database: Database) -> None:
    run = opened(database, "requests/2016-x", "request", NOW - timedelta(minutes=4))
    reason = "F99/testing is not a lane of releases.yaml"
    with database.write() as db:
        evidence.add(db, Evidence(run, "ensure_every_lane_has_a_run", "request", reason, "ignored", reason, {}, NOW))
        runs.change(db, run, RunState.DONE, NOW)
    told = relengotron("status").output
    assert "update FEDORA-2016-aaaa ejected: it has no builds any more" in told
    assert f"ignored: {reason}" in told
    lanes = {lane["lane"]: lane for lane in json.loads(relengotron("status", "--json").output)["lanes"]}
    assert [each["subject"] for each in lanes["F24/testing"]["left_behind"]] == ["FEDORA-2016-aaaa"]
    assert held in told


@pytest.mark.usefixtures("done", "daemon")
def test_status_with_check_is_red_only_when_a_person_is_needed(relengotron: Command, database: Database) -> None:
    relengotron("status", "--check")
    run = opened(database, "F23/stable", "late", NOW - timedelta(hours=1))
    assert "The daemon seems to be down" in relengotron("status", "--check", status=1).output
    with database.write() as db:
        runs.change(db, run, RunState.FAILED, NOW, reason="refused")
    assert "somebody must act" in relengotron("status", "--check", status=1).output


@pytest.mark.usefixtures("done")
def test_a_daemon_that_is_dead_is_seen_while_nothing_is_due(relengotron: Command) -> None:
    told = relengotron("status", "--check", status=1).output
    assert "The daemon is down: nobody works on this journal." in told
    assert "somebody must act:\n  no daemon works on this journal" in told
    assert json.loads(relengotron("status", "--json").output)["daemon_runs"] is False


@pytest.mark.usefixtures("done", "daemon")
def test_an_order_that_was_put_aside_needs_somebody_and_other_news_do_not(
    relengotron: Command, database: Database
) -> None:
    store(database, "buildsys.tag")
    relengotron("status", "--check")
    store(database, "bodhi.masher.start")
    told = relengotron("status", "--check", status=1).output
    assert "1 that may order a push were put aside" in told
    assert json.loads(relengotron("status", "--json").output)["alarms"][0] in told


def store(database: Database, topic: str) -> None:
    with database.write() as db:
        inbox.store(
            db, msg_id=topic, business_key=None, topic=f"org.fedoraproject.prod.{topic}", raw={}, now=NOW,
            parked_because="msg: missing",
        )  # fmt: skip


@pytest.mark.usefixtures("daemon")
def test_what_stays_unsent_needs_somebody_after_a_while(relengotron: Command, done: str, database: Database) -> None:
    with database.write() as db:
        outbox.write(db, done, "late", "relengotron.push.start", {}, NOW - timedelta(minutes=9))
    relengotron("status", "--check")
    with database.write() as db:
        outbox.write(db, done, "later", "relengotron.push.start", {}, NOW)
        outbox.mark_sent(db, outbox.of_run(db, done)[0].id, NOW)
        outbox.write(db, done, "stale", "relengotron.push.start", {}, NOW - timedelta(minutes=11))
        outbox.mark_sent(db, outbox.of_run(db, done)[1].id, NOW)
    assert "1 of our messages are not sent, the oldest from" in relengotron("status", "--check", status=1).output
    with database.write() as db:
        outbox.mark_refused(db, outbox.of_run(db, done)[2].id, "too large", NOW)
    assert "the bus does not take as they are" in relengotron("status", "--check", status=1).output


def test_looking_creates_no_journal(relengotron: Command, tmp_path: Path) -> None:
    for command in (("status",), ("runs", "list"), ("runs", "show", "x"), ("explain", "x"), ("runs", "retry", "x")):
        assert "the daemon has not run yet" in relengotron(*command, status=4).output
    assert not (tmp_path / "journal.sqlite").exists()


@pytest.mark.usefixtures("held")
def test_a_reader_that_has_seen_enough_is_no_answer(config: Path) -> None:
    nobody, output = os.pipe()
    os.close(nobody)
    command = [sys.executable, "-m", "relengotron", "--config", str(config), "status"]
    with open(output, "wb") as closed:
        ended = subprocess.run(command, stdout=closed, stderr=subprocess.PIPE, text=True, check=False, timeout=30)
    assert (ended.returncode, ended.stderr) == (128 + signal.SIGPIPE, "")


def test_runs_are_listed_newest_first(relengotron: Command, held: str, done: str, failed: str) -> None:
    told = relengotron("runs", "list").output
    assert -1 < told.find(f"\n{failed}") < told.find(f"\n{done}") < told.find(f"\n{held}")
    assert failed not in relengotron("runs", "list", "--lane", "F24/testing").output
    assert held not in relengotron("runs", "list", "--state", "done").output
    assert [each["id"] for each in json.loads(relengotron("runs", "list", "--limit", "1", "--json").output)] == [failed]


def test_a_run_is_shown_whole(relengotron: Command, held: str) -> None:
    told = relengotron("runs", "show", held[-8:]).output
    for part in (
        "waits for people",
        "updates are eligible: done",
        "builds are signed: waits for people since",
        "FEDORA-2016-aaaa  ejected: it has no builds any more",
        "updates-testing-24  composed: mashed from f24-updates-testing [Koji task 4711]",
        "atomic-tree-24-testing  skipped: PDC:",
        "mash updates-testing-24",
        "relengotron.push.start  not sent yet",
    ):
        assert part in told
    known = json.loads(relengotron("runs", "show", held, "--json").output)
    assert len(known["evidence"]) == 4
    assert len(known["subjects"]) == 3
    assert known["effects"][0]["result"] == 4711


def test_an_unknown_run_is_not_found(relengotron: Command, held: str) -> None:
    told = relengotron("runs", "show", "zzz", status=3).output
    assert "names no run" in told
    assert held in told


def test_explain_says_why_for_every_subject(relengotron: Command, held: str) -> None:
    told = relengotron("explain", held).output
    assert "artifact atomic-tree-24-testing  skipped: PDC: it contains none of the 2 changed packages" in told
    assert "update FEDORA-2016-aaaa  ejected" in told
    assert len(told.splitlines()) < 25
    assert json.loads(relengotron("explain", held, "--json").output)["run"]["id"] == held


def test_explain_tells_the_story_of_one_artifact(relengotron: Command, held: str) -> None:
    told = relengotron("explain", held, "updates-testing").output.partition("\n")[2]
    order = ["changed outside: mash updates-testing-24", "composing: every push changes it", "composed: mashed"]
    assert [told.index(part) for part in order] == sorted(told.index(part) for part in order)
    story = json.loads(relengotron("explain", held, "updates-testing-24", "--json").output)
    assert len(story["evidence"]) == 2
    assert "It knows of:" in relengotron("explain", held, "nothing-like-it", status=3).output


@pytest.mark.usefixtures("held")
def test_parked_messages_are_listed_with_the_reason(relengotron: Command) -> None:
    told = relengotron("messages", "--whole").output
    assert "bodhi.masher.start" in told
    assert "should be a list" in told
    assert '"a": 1' in told
    assert json.loads(relengotron("messages", "--json").output)[0]["msg_id"] == "2016-parked"


@pytest.mark.usefixtures("database")
def test_an_empty_journal_is_shown_as_calm(relengotron: Command) -> None:
    assert "none yet" in relengotron("status").output
    assert "every message was understood" in relengotron("messages").output
    assert "none" in relengotron("runs", "list").output


def test_a_journal_in_postgresql_is_looked_at_alike(relengotron: Command, config: Path, postgres_url: str) -> None:
    path = config / "relengotron.yaml"
    path.write_text(re.sub(r"  url: sqlite:.*", f"  url: {postgres_url}", path.read_text()))
    database = Database(postgres_url)
    run = opened(database, "F24/testing", "pg", NOW)
    with database.write() as db:
        runs.change(db, run, RunState.FAILED, NOW, reason="compose failed")
    database.close()
    assert "compose failed" in relengotron("status").output
    assert run in relengotron("runs", "retry", run[-8:]).output
    assert "compose failed" in relengotron("explain", run).output


def test_a_database_that_is_away_is_status_4(relengotron: Command, config: Path, tmp_path: Path) -> None:
    path = config / "relengotron.yaml"
    away = f"postgresql+psycopg://me@/nothing?host={tmp_path}"
    path.write_text(re.sub(r"  url: sqlite:.*", f"  url: {away}", path.read_text()))
    assert "the journal's server does not answer" in relengotron("status", status=4).output


def test_a_thousand_finished_runs_do_not_slow_a_look(relengotron: Command, database: Database) -> None:
    with database.write() as db:
        for number in range(1000):
            lane = f"F{23 + number % 2}/testing"
            at = NOW - timedelta(minutes=2000 - number)
            run = opened_in(db, lane, f"k{number}", at)
            runs.write_step(db, run, "ensure_updates_are_eligible", StepState.DONE, "", at)
            runs.change(db, run, RunState.DONE, at)
    relengotron("status")
    begun = time.perf_counter()
    assert "1000 done" in relengotron("status").output
    assert time.perf_counter() - begun < 0.3


def test_status_names_what_the_bus_does_not_take(relengotron: Command, held: str, database: Database) -> None:
    with database.write() as db:
        (message,) = outbox.of_run(db, held)
        outbox.mark_refused(db, message.id, "RequestRefused: it cannot be written as JSON", NOW)
    told = relengotron("status").output
    assert "1 of them the bus does not take as they are; report it:" in told
    assert f"relengotron.push.start of {held}: RequestRefused: it cannot be written as JSON; tried 1 times" in told
    (refused,) = json.loads(relengotron("status", "--json").output)["messages"]["not_accepted"]
    assert refused["topic"] == "relengotron.push.start"


def test_a_run_shows_who_has_not_acknowledged(relengotron: Command, held: str, database: Database) -> None:
    with database.write() as db:
        outbox.write(db, held, "over", "relengotron.push.complete", {}, NOW, recipients=["bodhi"], answer_by=NOW)
        message = outbox.of_run(db, held)[-1]
        outbox.mark_sent(db, message.id, NOW)
    assert "relengotron.push.complete  not acknowledged by all of bodhi" in relengotron("runs", "show", held).output
    with database.write() as db:
        acknowledgements.note_answer(db, message.msg_id, "bodhi", NOW)
    assert "relengotron.push.complete  acknowledged 12:00:00 UTC" in relengotron("runs", "show", held).output


@pytest.mark.usefixtures("daemon")
def test_a_configuration_that_was_edited_after_the_start_is_told(
    relengotron: Command, database: Database, config: Path
) -> None:
    with database.write() as db:
        audit.note_start(db, fingerprint(config), NOW)
    assert "was edited" not in relengotron("status").output

    edited = config / "artifacts" / "repos.yaml"
    edited.write_text(edited.read_text() + "# a word more\n")

    assert "The configuration was edited after the daemon had read it." in relengotron("status").output
    assert json.loads(relengotron("status", "--json").output)["is_outdated"]
    assert "systemctl restart relengotron" in relengotron("status", "--check", status=1).output

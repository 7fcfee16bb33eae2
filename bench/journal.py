"""What do the journal, the intake, status and a great many waiting runs cost?"""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from bench.results import Measure, percentile, timed
from relengotron.cli.main import main as relengotron
from relengotron.engine.attempt import Attempt
from relengotron.engine.intake import Intake
from relengotron.engine.journal import audit, runs
from relengotron.engine.journal.database import Database
from relengotron.engine.runner import Runner
from relengotron.engine.wakes import EmbeddedWakeQueue
from relengotron.engine.workflow import Silence, Workflow
from relengotron.model.intents import Start
from relengotron.model.outcome import Outcome, Running, Watch

RUNS = 1000
COMMITS = 500
MESSAGES = 1000
LOOKS = 30
TARGET_STATUS_MS = 300.0
TABLES_OF_A_RUN = ("steps", "effects", "evidence", "holds", "outbox")


def measure(root: Path, config: Path, one_push: Path) -> Iterator[Measure]:
    """Everything about the journal; ``one_push`` is a journal with one real push in it, ``config`` its settings."""
    yield _commits(root)
    yield _intake(root)
    yield _advance(root)
    yield from _status(root, config, one_push)


def _commits(root: Path) -> Measure:
    """Small transactions one by one, each on disk before the next, against the bare driver on the same disk."""
    database = Database(f"sqlite:///{root / 'commits.sqlite'}")
    now = datetime.now(UTC)

    def ours() -> None:
        for _ in range(COMMITS):
            with database.write() as db:
                audit.note(db, "bench", "a commit", None, now)

    bare = sqlite3.connect(root / "bare.sqlite", isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        bare.execute(f"PRAGMA {pragma}")
    bare.execute("CREATE TABLE audit (id INTEGER PRIMARY KEY, at REAL, who TEXT, what TEXT, run TEXT)")

    def theirs() -> None:
        for _ in range(COMMITS):
            bare.execute("BEGIN IMMEDIATE")
            bare.execute("INSERT INTO audit (at, who, what) VALUES (?, ?, ?)", (now.timestamp(), "bench", "a commit"))
            bare.execute("COMMIT")

    per_second, bare_per_second = _rates(ours, theirs)
    database.close()
    bare.close()
    ratio = per_second / bare_per_second
    return Measure("journal_commits_per_s", per_second, "1/s", compared_to="sqlite3 alone, same insert", ratio=ratio)


def _rates(ours: Any, theirs: Any) -> tuple[float, float]:
    """The better of three turns each, taken in turns so that both meet the same weather."""
    rounds = [(timed(ours), timed(theirs)) for _ in range(3)]
    return COMMITS / min(each for each, _ in rounds), COMMITS / min(each for _, each in rounds)


def _intake(root: Path) -> Measure:
    """Koji messages through the door, one by one: read, understood, on disk."""
    database = Database(f"sqlite:///{root / 'intake.sqlite'}")
    intake = Intake(database, lambda: datetime.now(UTC))
    messages = [_message(number) for number in range(MESSAGES)]

    def store() -> None:
        for message in messages:
            intake.store(message)

    took = timed(store)
    database.close()
    return Measure("intake_messages_per_s", MESSAGES / took, "1/s")


def _message(number: int) -> dict[str, Any]:
    body = {"id": number + 1, "method": "runroot", "attribute": "state", "old": "OPEN", "new": "CLOSED"}
    body |= {"instance": "primary", "owner": "relengotron"}
    topic = "org.fedoraproject.prod.buildsys.task.state.change"
    return {"topic": topic, "msg": body, "msg_id": f"2016-{number:036d}", "i": number, "timestamp": 1478000000 + number}


def _advance(root: Path) -> Measure:
    """A thousand runs that wait for a thousand tasks, each looked at once: what the engine itself adds to a look."""
    database = Database(f"sqlite:///{root / 'waiting.sqlite'}")

    def ensure_the_task_is_over(attempt: Attempt) -> Outcome:
        return Running("the task", (Watch("koji.task", attempt.run.key),), look_again=timedelta(hours=1))

    workflow = Workflow("waiting", (ensure_the_task_is_over,), lambda attempt: attempt, Silence())
    runner = Runner(database, {"waiting": workflow}, EmbeddedWakeQueue(), lambda: datetime.now(UTC))
    with database.write() as db:
        now = datetime.now(UTC)
        starts = (Start("waiting", f"lane/{number}", str(number), {}, f"msg-{number}") for number in range(RUNS))
        opened = [run for run in (runs.open_run(db, start, now) for start in starts) if run is not None]
    for run in opened:
        runner.advance(run)

    def look() -> None:
        for run in opened:
            runner.advance(run)

    took = timed(look)
    database.close()
    note = f"{RUNS} runs that wait, once round: {took:.1f} s in one thread"
    return Measure("advance_waiting_run_ms", took / RUNS * 1000, "ms", note=note)


def _status(root: Path, config: Path, one_push: Path) -> Iterator[Measure]:
    """``relengotron status`` over a thousand finished runs, each with all that the demo's push left behind."""
    settings = root / "status-config"
    journal = root / "thousand.sqlite"
    _multiply(one_push, journal)
    _point_at(config, settings, journal)
    counted = sqlite3.connect(journal)
    rows = {name: counted.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in (*TABLES_OF_A_RUN, "inbox")}
    counted.close()

    def inside() -> None:
        done = CliRunner().invoke(relengotron, ["--config", str(settings), "status"])
        if done.exit_code:
            raise SystemExit(f"status: {done.output}")

    inside()
    took = [timed(inside) * 1000 for _ in range(LOOKS)]
    told = ", ".join(f"{count} {name}" for name, count in rows.items())
    note = f"median of {LOOKS}, {RUNS} finished runs with {told}"
    yield Measure("status_1000_runs_ms", percentile(took, 50), "ms", TARGET_STATUS_MS, note=note)
    command = [sys.executable, "-m", "relengotron", "--config", str(settings), "status"]
    whole = [timed(lambda: subprocess.run(command, capture_output=True, check=True)) * 1000 for _ in range(7)]
    bare = [timed(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True)) * 1000 for _ in range(7)]
    median = percentile(whole, 50)
    yield Measure(
        "status_1000_runs_process_ms",
        median,
        "ms",
        compared_to="a Python that does nothing",
        ratio=median / percentile(bare, 50),
        note="the whole command, imports and all",
    )


def _multiply(one_push: Path, journal: Path) -> None:
    """A journal with a thousand copies of the finished pushes of another; every copy has ids of its own."""
    with sqlite3.connect(one_push) as source, sqlite3.connect(journal) as target:
        source.backup(target)
    db = sqlite3.connect(journal)
    originals = [row[0] for row in db.execute("SELECT id FROM runs WHERE state = 'done' AND workflow = 'push_updates'")]
    columns = {
        table: [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
        for table in ("runs", "inbox", *TABLES_OF_A_RUN)
    }
    messages = db.execute("SELECT count(*) FROM inbox").fetchone()[0]
    for copy in range(RUNS - len(originals)):
        _copy_run(db, columns, originals[copy % len(originals)], copy)
        if copy % len(originals) == 0 and copy < RUNS:
            _copy_inbox(db, columns["inbox"], copy, messages)
    db.commit()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def _copy_run(db: sqlite3.Connection, columns: dict[str, list[str]], original: str, copy: int) -> None:
    run, older = f"20160101-000000-{copy:08x}", 3600.0 * (copy + 1)
    own = {"id": "?", "number": f"number - {copy + 100_000}", "key": f"key || ' {copy}'"}
    own |= {name: f"{name} - {older}" for name in ("created_at", "updated_at", "finished_at")}
    chosen = ", ".join(own.get(name, name) for name in columns["runs"])
    db.execute(f"INSERT INTO runs SELECT {chosen} FROM runs WHERE id = ?", (run, original))
    for table in TABLES_OF_A_RUN:
        own = {"id": "NULL", "run": "?", "msg_id": f"msg_id || '-{copy}'"}
        chosen = ", ".join(own.get(name, name) for name in columns[table])
        db.execute(f"INSERT INTO {table} SELECT {chosen} FROM {table} WHERE run = ?", (run, original))


def _copy_inbox(db: sqlite3.Connection, columns: list[str], copy: int, messages: int) -> None:
    own = {"id": "NULL", "msg_id": f"msg_id || '-{copy}'", "business_key": "NULL"}
    chosen = ", ".join(own.get(name, name) for name in columns)
    db.execute(f"INSERT INTO inbox SELECT {chosen} FROM inbox WHERE id <= ?", (messages,))


def _point_at(config: Path, settings: Path, journal: Path) -> None:
    """The demo's settings with another journal."""
    for file in config.rglob("*.yaml"):
        place = settings / file.relative_to(config)
        place.parent.mkdir(parents=True, exist_ok=True)
        text = file.read_text()
        if file.name == "relengotron.yaml":
            text = "\n".join(
                f"  url: {json.dumps(f'sqlite:///{journal}')}" if line.lstrip().startswith("url: sqlite") else line
                for line in text.splitlines()
            )
        place.write_text(text + "\n")

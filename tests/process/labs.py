"""Small labs for process tests: one release, one lane, and a push that can be followed."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import select

from relengotron.engine.journal import inbox, runs
from relengotron.engine.journal.inbox import MessageState
from relengotron.engine.journal.tables import acknowledgements
from relengotron.lab import configuring
from relengotron.lab.bits.updates import UPDATES
from relengotron.lab.fedmsg_d import BEGINNING
from relengotron.lab.life import Lab
from relengotron.lab.pushing import Push
from relengotron.lab.voice import PlainVoice
from relengotron.messages.subscribing import full_topics
from relengotron.model.run import RunState
from relengotron.systems.datagrepper.simulated.service import Wish
from tests.process.account import Account
from tests.process.kept import Kept

ROOT = Path(__file__).resolve().parents[2]
SMALL = tuple(update for update in UPDATES if update.title in ("vim", "less"))
PATIENCE_S = 60.0
MANY = 10_000


def until(holds: Callable[[], bool], what: str, lab: Lab | None = None) -> None:
    """Look again and again; who gives up shows what the daemon said."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        if time.monotonic() > deadline:
            logs = "\n".join(process.said()[-4000:] for process in lab.processes) if lab is not None else ""
            raise AssertionError(f"not within {PATIENCE_S:g} s: {what}\n{logs}")
        time.sleep(0.02)


@contextmanager
def small_lab(root: Path, packages: Path, **wishes: Any) -> Iterator[Lab]:
    """A lab that is up, with the updates of one lane waiting; ``packages`` are those of earlier labs."""
    root.mkdir(parents=True)
    packages.mkdir(parents=True, exist_ok=True)
    (root / "packages").symlink_to(packages)
    said: list[str] = []
    with Lab(root, PlainVoice(said.append), **{"releases": ("24",), "updates": SMALL, **wishes}) as lab:
        yield lab


def wait_for_the_end(lab: Lab, push: Push) -> None:
    """Every run is done, and everybody has been told."""
    until(lambda: _is_done(lab, len(push.lanes)), "the end of the push", lab)
    push.settle()


def assert_all_is_well(push: Push) -> None:
    """Bodhi has finished, and the independent reader finds every bit and exactly the Koji tasks that should be."""
    reading = push.verify()
    assert reading.passed, [reading.trouble, *(check for check in reading.checks if not check["passed"])]
    assert push.locked_updates() == 0


def assert_nothing_is_missing(lab: Lab, push: Push, account: Account) -> None:
    """The push comes to a good end, and every message that was said for the daemon is in its journal."""
    wait_for_the_end(lab, push)
    until(lambda: heard_and_missing(lab)[1] == 0, "what the bus lost is looked for", lab)
    assert_all_is_well(push)
    account(*heard_and_missing(lab), 0)


def heard_and_missing(lab: Lab) -> tuple[int, int]:
    """How many messages for the daemon were said, and how many of them it did not store."""
    topics = full_topics(BEGINNING)
    rows, _ = lab.stand_ins.history.page(Wish(topics=topics), 0, MANY)
    said = {row["msg_id"] for row in rows}
    stored = Kept(configuring.journal_url(lab.place, lab.scenario)).ids()
    return len(said), len(said.difference(stored))


def steps_of(lab: Lab) -> set[str]:
    """Every step that was begun, as the daemon told it."""
    return {str(body["step"]) for topic, body in tuple(lab.heard) if topic.endswith("push.step")}


def messages(lab: Lab) -> dict[MessageState, int]:
    """How many messages of each state are in the journal."""
    journal = lab.open_journal()
    try:
        with journal.read() as db:
            return inbox.counts(db)
    finally:
        journal.close()


def answers_of(lab: Lab) -> set[str]:
    """Who acknowledged a message of the daemon, by the names of their certificates."""
    journal = lab.open_journal()
    try:
        with journal.read() as db:
            return set(db.execute(select(acknowledgements.c.who)).scalars())
    finally:
        journal.close()


def processes_in(folder: Path) -> list[str]:
    """The commands of every process that works in a folder."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and int(process.name) != os.getpid():
            try:
                where = (process / "cwd").readlink()
                if where.is_relative_to(folder):
                    found.append((process / "cmdline").read_text().replace("\0", " "))
            except OSError:
                continue
    return found


def _is_done(lab: Lab, lanes: int) -> bool:
    journal = lab.open_journal()
    try:
        with journal.read() as db:
            pushes = [run for run in runs.newest(db, 100) if run.workflow == "push_updates"]
        assert not [run for run in pushes if run.state in (RunState.FAILED, RunState.PARKED)], pushes
        return len(pushes) == lanes and all(run.state is RunState.DONE for run in pushes)
    finally:
        journal.close()

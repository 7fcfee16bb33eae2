"""What can be known of a rehearsal by who only looks: the journal, Koji, and what was said on the bus."""

from typing import Any

from relengotron.bootstrap import Machine
from relengotron.engine.journal import effects, evidence, holds, inbox, outbox, runs
from relengotron.model.run import HoldRecord, Run, StepState
from tests.stage.outside import Outside
from tests.stage.paper_builder import artifact_of
from tests.stage.weather import StormyBus, is_ours


class Onlooker:
    """Reads, and changes nothing."""

    machine: Machine
    outside: Outside
    bus: StormyBus

    def runs(self, workflow: str | None = None) -> list[Run]:
        """Every run, oldest first."""
        with self.machine.database.read() as db:
            found = runs.newest(db, 1000)
        return [run for run in reversed(found) if workflow in (None, run.workflow)]

    def push(self, lane: str) -> Run:
        """The newest push of a lane."""
        found = [run for run in self.runs("push_updates") if run.lane == lane]
        assert found, f"no push of {lane}: {[(run.workflow, run.lane, run.state, run.reason) for run in self.runs()]}"
        return found[-1]

    def hold(self, run: Run) -> HoldRecord | None:
        with self.machine.database.read() as db:
            return holds.open_of(db, run.id)

    def step(self, run: Run, name: str) -> str:
        """How a step stands, with its note."""
        with self.machine.database.read() as db:
            record = runs.steps_of(db, run.id)[name]
        return f"{record.state}: {record.note}"

    def steps(self, run: Run) -> dict[str, StepState]:
        """How every step that was begun stands."""
        with self.machine.database.read() as db:
            return {name: record.state for name, record in runs.steps_of(db, run.id).items()}

    def notes(self, run: Run, kind: str = "artifact") -> dict[str, tuple[str, str]]:
        """State and reason of every subject of a kind, the newest."""
        with self.machine.database.read() as db:
            found = evidence.of_run(db, run.id)
        return {item.subject: (item.state, item.reason) for item in found if item.subject_kind == kind}

    def reasons(self, run: Run, state: str) -> dict[str, str]:
        """Why every subject was once in this state."""
        with self.machine.database.read() as db:
            return {item.subject: item.reason for item in evidence.of_run(db, run.id) if item.state == state}

    def facts(self, run: Run, subject: str, state: str) -> dict[str, Any]:
        """What was kept with the newest note of this state."""
        with self.machine.database.read() as db:
            found = evidence.of_run(db, run.id)
        return next(dict(item.facts) for item in reversed(found) if (item.subject, item.state) == (subject, state))

    def composed(self, run: Run) -> list[str]:
        """Every artifact for which a Koji task of this run was made, oldest first; twice what was tried twice."""
        rows = self.outside.hub.call(None, "listTasks", {"decode": True}, {"order": "id"})
        return [artifact_of(row) for row in rows if run.id in repr(row["request"])]

    def effects(self, run: Run) -> list[str]:
        with self.machine.database.read() as db:
            return [effect.key for effect in effects.of_run(db, run.id)]

    def parked(self) -> list[str]:
        """Why messages were parked."""
        with self.machine.database.read() as db:
            return [message.reason for message in inbox.parked(db, 100)]

    def inbox(self) -> dict[str, int]:
        with self.machine.database.read() as db:
            return {str(state): count for state, count in inbox.counts(db).items()}

    def said(self, topic: str = "", **wanted: Any) -> list[dict[str, Any]]:
        """What we said on the bus, each message id once; ``wanted`` narrows by fields of the body."""
        ours: dict[str, dict[str, Any]] = {}
        for envelope in self.bus.sent:
            suffix = envelope["topic"].split(".dev.", 1)[1]
            if is_ours(suffix):
                known = ours.setdefault(envelope["msg_id"], envelope)
                assert known["msg"] == envelope["msg"], "one id for two messages"
        bodies = [
            {"topic": envelope["topic"].split(".relengotron.", 1)[1], **envelope["msg"]} for envelope in ours.values()
        ]
        return [
            body
            for body in bodies
            if topic in ("", body["topic"]) and all(body.get(key) == value for key, value in wanted.items())
        ]

    def unsent(self) -> int:
        with self.machine.database.read() as db:
            return outbox.backlog(db)

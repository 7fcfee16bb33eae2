"""What every step of a push holds in its hands."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any

from relengotron.engine.attempt import Attempt
from relengotron.engine.history import History
from relengotron.engine.relations import RelationIndex
from relengotron.messages.outgoing import OutgoingMessage, RunFacts
from relengotron.model.artifact import Artifact, Built
from relengotron.model.batch import EJECT, EJECTED, Batch, Ejected, Ejection, Shipment
from relengotron.model.codec import from_json, to_json
from relengotron.model.lane import Lane
from relengotron.model.outcome import Hold, Outcome, Skipped, Watch
from relengotron.model.run import Run
from relengotron.sdk.discovery import Plugins
from relengotron.sdk.workbench import ReleaseFacts
from relengotron.settings import Settings
from relengotron.systems.world import World
from relengotron.workflows.bench import Bench
from relengotron.workflows.moves import Mover
from relengotron.workflows.release_facts import release_facts
from relengotron.workflows.waiting import look_again

RESULT_GROUPS = uuid.UUID("0e6a9a5e-4a59-5c6d-8d7e-2f0f5d2f3a61")


@dataclass(frozen=True, slots=True)
class Push:
    """One run of ``push_updates``, with the world and the settings it works with."""

    engine: Attempt
    batch: Batch
    world: World
    settings: Settings
    plugins: Plugins
    siblings: Callable[[], tuple[tuple[Run, ...], frozenset[str]]]
    history: History
    relations: RelationIndex

    @property
    def lane(self) -> Lane:
        """Release and request."""
        return self.batch.lane

    @property
    def release(self) -> ReleaseFacts:
        """What the configuration says of them."""
        return release_facts(self.settings, self.lane)

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        """Everything that can be composed in this lane, in an order in which it can be made."""
        return self.settings.artifacts_for(self.lane)

    @property
    def mover(self) -> Mover:
        """What moves builds into the tag of the lane."""
        return Mover(self.engine, self.world.koji, self.release.tag)

    @property
    def result_group(self) -> str:
        """The group of this run's results in ResultsDB; the same after every restart."""
        return str(uuid.uuid5(RESULT_GROUPS, self.engine.run.id))

    def shipment(self) -> Shipment:
        """What still ships after the steps that are behind, without what was ejected since."""
        known = self._shipment_of_steps()
        return known.without(self.ejected()) if known.updates else known

    def ejected(self) -> tuple[Ejected, ...]:
        """The updates that people or policies have thrown out of this push, in order."""
        said = (each["ejected"] for key, each in self.said_of_leaving().items() if key.startswith(EJECTED))
        return tuple(from_json(Ejected, each) for each in said if each is not None)

    def said_of_leaving(self) -> Mapping[str, Any]:
        """By key every wish to leave an update behind, and every answer to one; one question for both."""
        return self.engine.decisions(EJECT.strip())

    def want_out(self, wish: Ejection) -> None:
        """Want an update out of this push; the run answers before its next step, and a wish that came before counts."""
        self.engine.remember(f"{EJECT}{wish.update}", lambda: to_json(wish))

    def _shipment_of_steps(self) -> Shipment:
        for name in SHIPMENT_STEPS:
            known = self.engine.steps.get(name)
            if known is not None and known.output is not None:
                return from_json(Shipment, known.output)
        return Shipment(())

    def bench(self, artifact: Artifact, inputs: Mapping[str, Built], attempt: int = 1, number: int = 1) -> Bench:
        """The workbench for one artifact; ``number`` is the round in which it goes live."""
        return Bench(
            engine=self.engine,
            world=self.world,
            artifact=artifact,
            lane=self.lane,
            release=self.release,
            inputs=inputs,
            attempt=attempt,
            compose_store=Path(self.settings.compose_store),
            koji_store=Path(self.settings.systems.koji.store),
            koji_settles=self.settings.systems.koji.timeout,
            states_kept=self.settings.systems.mirror.states_kept,
            round=number,
        )

    def now(self) -> datetime:
        """The time, aware."""
        return self.engine.now()

    def until(self, patience: timedelta) -> datetime:
        """When a wait that began with this step must end."""
        return self.engine.step_started_at + patience

    def is_late(self, patience: timedelta) -> bool:
        """Whether this step has waited longer than it may."""
        return self.now() >= self.until(patience)

    def look_again(self, patience: timedelta, watches: tuple[Watch, ...]) -> timedelta:
        """When to look without a call: seldom, where the poll asks about all that is waited for; else at its pace."""
        return look_again(watches, self.settings.pace.poll, self.until(patience) - self.now())

    def hold(
        self,
        missing: tuple[str, ...],
        patience: timedelta,
        command: str,
        watches: tuple[Watch, ...] = (),
        look_again: timedelta | None = None,
    ) -> Hold:
        """Wait for people: what is missing, until when, who can act and how."""
        again = look_again or self.settings.pace.poll
        return Hold(missing, self.until(patience), self.settings.owner, command, watches, look_again=again)

    def facts(self) -> RunFacts:
        """What every message says of this run."""
        run = self.engine.run
        links = {"koji": self.settings.systems.koji.weburl}
        if self.settings.links.runs is not None:
            links["run"] = self.settings.links.runs.format(run=run.id)
        return RunFacts(
            run=run.id,
            release=self.lane.release,
            request=self.lane.request,
            at=self.now(),
            step=self.engine.step or None,
            agent=self.batch.agent,
            trigger_msg_id=run.trigger_msg_id,
            links=links,
        )

    def say(
        self,
        key: str,
        message: OutgoingMessage,
        recipients: tuple[str, ...] = (),
        answer_within: timedelta | None = None,
    ) -> None:
        """Tell everybody, once per key of this run; ``recipients`` are asked to acknowledge it."""
        self.engine.say(key, message.topic_suffix, message.body, recipients, answer_within)

    def note_ejected(self, ejected: Ejected) -> None:
        """Keep why an update was left behind."""
        facts = {"alias": ejected.alias, "builds": list(ejected.builds)}
        self.engine.note("update", ejected.alias or ejected.title, "ejected", ejected.reason, facts)


SHIPMENT_STEPS = ("ensure_builds_are_in_target", "ensure_builds_are_signed", "ensure_updates_are_eligible")

PushStep = Callable[[Push], Outcome]


def with_updates_left(step: PushStep) -> PushStep:
    """A step that has nothing to promise once every update was left behind."""

    @wraps(step)
    def guarded(push: Push) -> Outcome:
        if not push.shipment().updates:
            return Skipped("no update is left to push")
        return step(push)

    return guarded

"""Whose turn is it now? One artifact that a push has shown is offered to more and more machines."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from relengotron.decisions import rolling_out
from relengotron.engine.attempt import Attempt
from relengotron.engine.workflow import Silence, Workflow
from relengotron.model.artifact import Artifact
from relengotron.model.outcome import Done, Hold, Outcome, Running, Skipped
from relengotron.model.rollout import FOLLOWED_BY, Rollout, RolloutOrder, Standing
from relengotron.systems.website.port import Website
from relengotron.workflows.push import Push
from relengotron.workflows.refused_after_the_switch import never_taken_back_for_it
from relengotron.workflows.telling_mirrors import tell_of_the_page
from relengotron.workflows.waiting import LOOKS_AFTER_POLLS
from relengotron.workflows.website import rollout_shown

NAME: Final = FOLLOWED_BY


@dataclass(frozen=True, slots=True)
class RollOut:
    """One run of ``roll_out``: a push's hands in the lane of the push, and what is followed."""

    push: Push
    order: RolloutOrder

    def artifact(self) -> Artifact | None:
        """What is rolled out, as long as users get this very version of it."""
        push, order = self.push, self.order
        artifact = next((each for each in push.artifacts if each.name == order.artifact), None)
        plugin = None if artifact is None else push.plugins.by_kind.get(artifact.kind)
        if artifact is None or plugin is None:
            return None
        live = plugin.live(artifact, push.bench(artifact, {}))
        return artifact if live is not None and live.identity == order.identity else None

    def rollout(self) -> Rollout | None:
        """What the push decided, and what people said since; None when it went back and shows it anew."""
        found = self.push.history.rollout(self.order.push, self.order.artifact)
        return found if found is not None and found.name == self.order.name else None


def ensure_everybody_may_take_it(roll: RollOut) -> Outcome:
    """The download page offers the version to every machine, after one share of them and another."""
    push, found, artifact, website = roll.push, roll.rollout(), roll.artifact(), roll.push.world.website
    if found is None or artifact is None:
        return Skipped("users get another version by now")
    if website is None:
        return Skipped("there is no download page any more")
    now = rolling_out.standing(found, push.now())
    with never_taken_back_for_it():
        is_told = _tell(roll, website, artifact, found, now)
    push.engine.note("rollout", artifact.name, f"{now.percent} %", str(now))
    if now.is_whole:
        return Done()
    if now.paused is not None:
        return _paused(roll, now)
    return _coming(roll, now, is_told=is_told)


STEPS = (ensure_everybody_may_take_it,)

PROMISES = {step.__name__: (step.__doc__ or "").strip() for step in STEPS}


def roll_out(open_rollout: Callable[[Attempt], RollOut]) -> Workflow[RollOut]:
    """The workflow; nothing of it is undone: whoever takes the version back tells the page."""
    return Workflow(NAME, STEPS, open_rollout, Silence())


def _tell(roll: RollOut, website: Website, artifact: Artifact, found: Rollout, now: Standing) -> bool:
    """Whether the page tells of this version; its push may not have told it yet, or nobody can read the page."""
    push, lane = roll.push, roll.push.lane
    said = rollout_shown(push, artifact, found, now)

    def tell() -> bool | None:
        return website.roll_out((lane.release, lane.request), artifact.name, roll.order.identity, said)

    def tell_all() -> bool | None:
        is_new = tell()
        tell_of_the_page(push)
        return is_new

    key = f"offer to {now.percent} % after {len(found.wishes)} wishes"
    known = push.engine.effect_record(key)
    if known is not None and known.is_finished and known.result is not None:
        again = tell()
        if again:  # somebody wrote the page anew
            tell_of_the_page(push)
        return again is not None
    if not _is_on(website, lane.release, lane.request, artifact.name, roll.order.identity):
        return False
    what = f"offer {roll.order.identity} to {now.percent} % of machines on the download page"
    return push.engine.effect(key, what, do=tell_all, find=lambda _intent: None) is not None


def _is_on(website: Website, release: str, request: str, artifact: str, identity: str) -> bool:
    said = website.read() or {"releases": {}}
    shown = said["releases"].get(release, {}).get("requests", {}).get(request, {}).get("artifacts", {})
    entry = shown.get(artifact)
    return isinstance(entry, dict) and entry.get("identity") == identity


def _coming(roll: RollOut, now: Standing, *, is_told: bool) -> Running:
    push = roll.push
    if not is_told:
        return Running(f"{now}; the page does not tell of it", look_again=push.settings.pace.poll, tell=False)
    left = push.settings.pace.poll * LOOKS_AFTER_POLLS
    if now.next_at is not None:
        left = min(left, now.next_at - push.now())
    return Running(str(now), look_again=left, tell=False)


def _paused(roll: RollOut, now: Standing) -> Hold:
    """As long as it takes: what nobody resumes stays as it is."""
    push, order = roll.push, roll.order
    hold: timedelta = push.settings.patience.hold
    deadline = push.until(hold)
    while deadline <= push.now():
        deadline += hold  # nobody came: ask again
    command = f"relengotron rollout resume {order.push} {order.artifact}"
    again = push.settings.pace.poll * LOOKS_AFTER_POLLS
    return Hold((str(now),), deadline, push.settings.owner, command, look_again=again)

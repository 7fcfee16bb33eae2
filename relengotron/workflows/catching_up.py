"""What was left behind by a push that is live: does it follow, or is it given up?

The lane is not held up: as soon as another push wants it, what has not caught up is left to that push, which makes it
anew. Whatever goes wrong here, what is live stays live: this step never fails.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from relengotron.decisions import lagging
from relengotron.errors import RelengError, StateDisagrees, Transient
from relengotron.model.artifact import Artifact, Built
from relengotron.model.gate import GateAnswer, Verdict
from relengotron.model.outcome import Again, Done, Failed, Hold, Outcome, Running, Skipped, Watch
from relengotron.workflows.asking import LOOKS_AFTER_POLLS, keep, watches_of
from relengotron.workflows.asking_the_gate import ask_the_gate
from relengotron.workflows.composing import all_composed, left_behind, waiting_behind
from relengotron.workflows.judging import store_result
from relengotron.workflows.lagging import caught_up, has_caught_up, live_since
from relengotron.workflows.making import Composed, Wanted, make
from relengotron.workflows.push import Push, with_updates_left
from relengotron.workflows.releasing import Live, ensure_bits_are_live, publish
from relengotron.workflows.signing import sign
from relengotron.workflows.without import ejected_in


@dataclass(slots=True)
class Look:
    """One look at everything that was left behind: what keeps it, what of it only waits for its time, what wakes us."""

    since: datetime
    unready: dict[str, str]
    early: set[str] = field(default_factory=set)
    watches: tuple[Watch, ...] = ()

    def is_only_early(self) -> bool:
        """Whether nobody can do anything but wait."""
        return self.early >= self.unready.keys()


@with_updates_left
def ensure_laggards_have_caught_up(push: Push) -> Outcome:
    """What was left behind is live as well, or is given up for a newer push, or because its time is over."""
    behind = left_behind(push)
    if _not_seen_yet(push):
        return _seen_too(push)
    if not behind:
        return Done()
    if push.engine.holds_up_another():
        return _given_up(push, behind, "left to the next push of the lane, which makes it anew")
    patience = push.settings.patience.gate + _longest_delay(push, behind)
    if push.is_late(patience):
        return _given_up(push, behind, "its time is over; the next push makes it anew")
    look = _look(push, behind)
    if _not_seen_yet(push):
        return _seen_too(push)
    missing = tuple(f"{name} was left behind: {why}" for name, why in look.unready.items())
    if look.is_only_early():
        return Running("; ".join(missing), look.watches, look_again=push.settings.pace.poll * LOOKS_AFTER_POLLS)
    return push.hold(missing, patience, f"relengotron explain {push.engine.run.id}", look.watches)


def _longest_delay(push: Push, behind: Mapping[str, str]) -> timedelta:
    return max((each.live_after for each in push.artifacts if each.name in behind), default=timedelta())


def _not_seen_yet(push: Push) -> list[str]:
    """What has caught up since the bits of the push were seen from outside and mirrors were told."""
    shown = {each.artifact for each in push.engine.recall(ensure_bits_are_live, Live).published}
    return [name for name, built in caught_up(push).items() if built is not None and name not in shown]


def _seen_too(push: Push) -> Outcome:
    """The same steps as for everything else; what is live already is known to them."""
    return Again(ensure_bits_are_live.__name__, f"{', '.join(_not_seen_yet(push))} caught up")


def _given_up(push: Push, behind: Mapping[str, str], why: str) -> Outcome:
    for name, reason in behind.items():
        push.engine.note("artifact", name, "given up", f"{why}: {reason}")
    return Skipped(f"{', '.join(behind)} never caught up: {why}")


def _look(push: Push, behind: Mapping[str, str]) -> Look:
    look = Look(live_since(push), dict(behind))
    composed = waiting_behind(push) | _made_late(push, look)
    if composed:
        answer = ask_the_gate(push, composed.values())
        keep(push.engine, answer)
        look.watches += watches_of(answer, Verdict.CLOSED, Verdict.WAITING)
        for artifact in push.artifacts:
            if artifact.name in composed:
                _let_go_live(push, artifact, composed[artifact.name], answer, look)
    return look


def _let_go_live(push: Push, artifact: Artifact, built: Built, answer: GateAnswer, look: Look) -> None:
    """Shown as soon as it may be, after what it is made from; what refuses is a reason, and no more than that."""
    sources = [name for name in artifact.made_from if name in look.unready]
    if push.now() < (due := look.since + artifact.live_after):
        look.unready[artifact.name] = f"it goes live at {due:%Y-%m-%d %H:%M} UTC"
        look.early.add(artifact.name)
        return
    kept = lagging.of_artifact(answer, artifact.name)
    try:
        why = f"made from {', '.join(sources)}" if sources else "; ".join(kept) or _unsigned(push, built)
        if not why:
            publish(push, built)
    except (Transient, StateDisagrees):
        raise
    except RelengError as refused:
        why = f"it cannot go live: {refused}"
    if why:
        look.unready[artifact.name] = why
        return
    has_caught_up(push, artifact.name, built)
    del look.unready[artifact.name]


def _unsigned(push: Push, built: Built) -> str:
    key = push.release.artifacts_key
    return "" if key is None else "; ".join(sign(push, built, push.world.signers[key]))


def _made_late(push: Push, look: Look) -> dict[str, Built]:
    """What failed and was composed since, because a person let the run try again."""
    waiting = waiting_behind(push)
    failed = [each for each in push.artifacts if each.name in look.unready and each.name not in waiting]
    wanted = tuple(each for each in failed if not any(name in waiting for name in each.made_from))
    if not wanted:
        return {}
    done = {built.artifact: built for built in all_composed(push)}
    try:
        outcome = make(push, Wanted(wanted, why_not=partial(ejected_in, push)), done)
    except (Transient, StateDisagrees):
        raise
    except RelengError as refused:
        look.unready |= {each.name: str(refused) for each in wanted}
        return {}
    return _newly(push, outcome, wanted, look)


def _newly(push: Push, outcome: Outcome, wanted: tuple[Artifact, ...], look: Look) -> dict[str, Built]:
    names = {each.name for each in wanted}
    match outcome:
        case Done(output=Composed() as composed):
            look.unready |= composed.failed
            for name in names & composed.unchanged.keys():
                has_caught_up(push, name, None)
                del look.unready[name]
            made = {built.artifact: built for built in composed.built if built.artifact in names}
            for built in made.values():
                store_result(push, built)
            return made
        case Running() | Hold():
            look.watches += outcome.watches
            reason = outcome.waiting_for if isinstance(outcome, Running) else "; ".join(outcome.missing)
            look.unready |= dict.fromkeys(names, reason)
        case Failed():
            look.unready |= dict.fromkeys(names, outcome.reason)
        case Done() | Skipped() | Again():
            raise TypeError(f"to compose is not {outcome!r}")
    return {}

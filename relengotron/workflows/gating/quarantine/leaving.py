"""How does a build come out of quarantine, and what does its gate know of it then?"""

from typing import Final

from relengotron.engine.journal import gated
from relengotron.messages import gate_build
from relengotron.model.gated import BuildState
from relengotron.model.outcome import Again, Done, Outcome, Running, Skipped, Watch
from relengotron.model.quarantine import Departure, Leaving
from relengotron.workflows.gating.quarantine.both_tags import is_to_leave_the_target
from relengotron.workflows.gating.quarantine.kept import Kept
from relengotron.workflows.gating.quarantine.staying import ensure_a_way_out_is_found
from relengotron.workflows.moves import Mover

LED_OUT: Final = (Departure.RELEASED, Departure.DROPPED)
"""It has to be moved: it did not leave by itself."""


def ensure_it_has_left(kept: Kept) -> Outcome:
    """What was released is before the gate again, and what was dropped is in none of its tags."""
    leaving = _leaving(kept)
    if kept.row() is None or leaving.how not in LED_OUT:
        return Skipped(leaving.why)
    if kept.gate.quarantine not in kept.tags():
        return Done()
    if leaving.how is Departure.DROPPED:
        _untag(kept)
        return Done()
    return _moved_back(kept)


def ensure_the_gate_knows(kept: Kept) -> Outcome:
    """The gate knows where the build is, and everybody hears how it left."""
    leaving, row = _leaving(kept), kept.row()
    if row is None:
        return Skipped(leaving.why)
    tags = kept.tags()
    if _is_back(kept, leaving, tags):
        step = ensure_it_has_left if leaving.how in LED_OUT else ensure_a_way_out_is_found
        return Again(step.__name__, f"{kept.build.nvr} is in {kept.gate.quarantine} again", anew=True)
    if kept.gate.quarantine in tags:
        _untag(kept)  # whoever tagged it elsewhere by hand did not take it out here
    if kept.gate.pending in tags:
        _released(kept, leaving)
    elif kept.gate.target in tags:
        _accepted(kept, leaving)
    else:
        _gone(kept, leaving)
    return Done()


def _is_back(kept: Kept, leaving: Leaving, tags: frozenset[str]) -> bool:
    """Whether somebody put it into quarantine once more, after all."""
    is_wanted_here = leaving.how not in LED_OUT and is_to_leave_the_target(kept, tags)
    return is_wanted_here or tags == {kept.gate.quarantine}


def _leaving(kept: Kept) -> Leaving:
    return kept.engine.recall(ensure_a_way_out_is_found, Leaving)


def _untag(kept: Kept) -> None:
    """It may be repeated: what carries the tag no more is no trouble."""
    build, tag = kept.build.nvr, kept.gate.quarantine

    def untag() -> bool:
        kept.world.koji.untag_builds([(build, tag)])
        return True

    key = f"drop {build} try {kept.engine.run.attempt}"
    kept.engine.effect(key, f"untag {build} from {tag}", untag, lambda _intent: None)


def _moved_back(kept: Kept) -> Outcome:
    """One task of Koji at a time takes the build back before the gate; where it is stuck people are asked."""
    build, source, target = kept.build.nvr, kept.gate.quarantine, kept.gate.pending
    under_way, stuck = Mover(kept.engine, kept.world.koji, target).asked_for([(build, source)])
    if stuck:
        return kept.hold(tuple(stuck.values()), f"relengotron runs retry {kept.engine.run.id}")
    watches = tuple(Watch("koji.task", str(each.id)) for each in under_way.values())
    words = "; ".join(f"Koji task {each.id} moves {build} back to {target}" for each in under_way.values())
    if under_way and kept.is_late(kept.settings.patience.moves):
        return kept.hold((words,), "relengotron doctor")
    return Running(words, watches, kept.settings.pace.poll) if under_way else Done()


def _released(kept: Kept, leaving: Leaving) -> None:
    """Also where somebody moved it there by hand: it stands before the gate and is tested like every other."""
    build, reason, now = kept.build, f"out of quarantine: {leaving.why}", kept.now()
    kept.engine.keep(lambda db: gated.come_again(db, build.gate, build.nvr, reason, now))
    told = gate_build.released(kept.facts(), kept.build_facts(), _said(leaving), agent=leaving.who, since=kept.since)
    kept.say("released", told)
    kept.note(str(Departure.RELEASED), leaving.why)


def _accepted(kept: Kept, leaving: Leaving) -> None:
    is_dropped, target = leaving.how is Departure.DROPPED, kept.gate.target
    reason = f"out of quarantine, by {leaving.why}" if is_dropped else f"somebody moved it to {target} by hand"
    _settle(kept, BuildState.ACCEPTED, reason)
    kept.say("accepted", gate_build.accepted(kept.facts(), kept.build_facts(), reason))


def _gone(kept: Kept, leaving: Leaving) -> None:
    is_dropped = leaving.how is Departure.DROPPED
    _settle(kept, BuildState.GONE, f"dropped by {leaving.why}" if is_dropped else leaving.why)
    kept.say("gone", gate_build.gone(kept.facts(), kept.build_facts(), _said(leaving), agent=leaving.who))


def _said(leaving: Leaving) -> str:
    """Why, as messages say it: who said so stands beside it there."""
    return leaving.why.removeprefix(f"{leaving.who}: ")


def _settle(kept: Kept, state: BuildState, reason: str) -> None:
    build, now = kept.build, kept.now()
    kept.engine.keep(
        lambda db: gated.put(
            db, build.gate, [build.nvr], state, now, reason=reason, only_from=(BuildState.QUARANTINED,)
        )
    )
    kept.note(str(state), reason)

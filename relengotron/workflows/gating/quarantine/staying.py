"""What leads a build out of quarantine? Until something does, people are reminded of it."""

from relengotron.decisions.clearing import question_about, still_speaking_against, why_cleared
from relengotron.messages import gate_build
from relengotron.messages.gate import WantedTest
from relengotron.model.codec import from_json
from relengotron.model.gate import BUILD, Finding
from relengotron.model.gated import BuildState, WayOut
from relengotron.model.outcome import Done, Outcome
from relengotron.model.quarantine import LEAVING, TEST_AGAIN, Departure, Leaving, QuarantineWish
from relengotron.systems.gate.own import OwnGate
from relengotron.workflows.gating.quarantine.both_tags import (
    hold_in_both,
    is_to_leave_the_target,
    remember_where_it_stood,
)
from relengotron.workflows.gating.quarantine.kept import Kept

QUARANTINED = "in quarantine"


def ensure_a_way_out_is_found(kept: Kept) -> Outcome:
    """Somebody or something leads the build out of quarantine; until then people are reminded of it."""
    tags = kept.tags()
    remember_where_it_stood(kept, tags)
    leaving = _by_the_gate(kept) or _by_hand(kept, tags) or _by_a_person(kept)
    found = () if leaving is not None else _what_tests_say(kept)
    leaving = leaving or _by_its_tests(kept, found)
    if leaving is not None:
        kept.note(str(leaving.how), leaving.why)
        return Done(leaving)
    tried_again = still_speaking_against(kept.build, found)
    kept.note(QUARANTINED, "; ".join((kept.build.suspicion.reason, *tried_again)))
    _say_that_it_is_here(kept)
    _ask_for_tests(kept)
    return hold_in_both(kept) if is_to_leave_the_target(kept, tags) else kept.hold(_missing(kept, tried_again))


def _by_the_gate(kept: Kept) -> Leaving | None:
    """The gate itself knows better: a newer build came, or this one is somewhere else by now."""
    row = kept.ledger.find(kept.build.nvr)
    if row is None or row.state is BuildState.QUARANTINED:
        return None
    if row.state is BuildState.SUPERSEDED:
        return Leaving(Departure.SUPERSEDED, row.reason or "a newer build of the package takes its place")
    return Leaving(Departure.BY_HAND, f"the gate knows it as {row.state}")


def _by_hand(kept: Kept, tags: frozenset[str]) -> Leaving | None:
    if tags == {kept.gate.quarantine} or is_to_leave_the_target(kept, tags):
        return None
    return Leaving(Departure.BY_HAND, f"somebody moved it: it is in {', '.join(sorted(tags)) or 'no tag of the gate'}")


def _by_a_person(kept: Kept) -> Leaving | None:
    said = kept.engine.remembered(LEAVING)
    if said is None:
        return None
    wish = from_json(QuarantineWish, said)
    how = Departure.RELEASED if wish.way is WayOut.RELEASE else Departure.DROPPED
    return Leaving(how, f"{wish.who}: {wish.why}", wish.who)


def _what_tests_say(kept: Kept) -> tuple[Finding, ...]:
    """What the tests that made it suspect say today."""
    if not kept.build.suspicion.testcases:
        return ()
    question = question_about(kept.build, kept.gate.product_version, kept.now())
    return OwnGate(kept.world.resultsdb, kept.world.bodhi).findings(question).found


def _by_its_tests(kept: Kept, found: tuple[Finding, ...]) -> Leaving | None:
    why = why_cleared(kept.build, found)
    return None if why is None else Leaving(Departure.RELEASED, why)


def _missing(kept: Kept, tried_again: tuple[str, ...]) -> tuple[str, ...]:
    build = kept.build
    why = f"{build.nvr} is in {kept.gate.quarantine}: {build.suspicion.reason}"
    tests = f", a pass of {' and '.join(build.suspicion.testcases)}" if build.suspicion.testcases else ""
    ways = f"ways out: a newer build of {build.package}{tests}, relengotron quarantine release, retry or drop"
    return (why, *tried_again, ways)


def _say_that_it_is_here(kept: Kept) -> None:
    """Whoever put it here has said so, unless that was a person with Koji's own command."""
    if kept.build.batch is None:
        suspicion, command = kept.build.suspicion, kept.command
        told = gate_build.quarantined(kept.facts(), kept.build_facts(), suspicion, owner=kept.owner, command=command)
        kept.say("quarantined", told)


def _ask_for_tests(kept: Kept) -> None:
    for name, said in kept.engine.decisions(TEST_AGAIN).items():
        wish = from_json(QuarantineWish, said)
        tests = [WantedTest(each, BUILD, (kept.build.nvr,)) for each in kept.build.suspicion.testcases]
        told = gate_build.retry(
            kept.facts(), kept.build_facts(), wish.why, agent=wish.who, tests=tests, repos=kept.gate.repos
        )
        kept.say(name, told)

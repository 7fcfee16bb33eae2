"""How is any gate asked, before a push or between two tags, and what is kept of its answer?"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from relengotron.decisions import evaluating, gating, requiring
from relengotron.engine.attempt import Attempt
from relengotron.errors import RelengError, SystemUnreachable
from relengotron.model.codec import to_json
from relengotron.model.gate import (
    BUILD,
    GATE,
    UPDATE,
    WAIVER,
    Finding,
    Findings,
    GateAnswer,
    Question,
    Requirement,
    RequirementState,
    Subject,
    Verdict,
)
from relengotron.model.outcome import Watch
from relengotron.model.policy import Policy
from relengotron.model.waiver import Waiver
from relengotron.systems.gate.own import OwnGate
from relengotron.systems.koji.port import Koji
from relengotron.systems.resultsdb.port import ResultsDb
from relengotron.systems.waiverdb.port import WaiverDb
from relengotron.systems.world import World
from relengotron.workflows.waiting import POLLED, look_again

UNPOLLED: Final = frozenset(
    {
        RequirementState.TOO_LITTLE,
        RequirementState.DISLIKED,
        RequirementState.UNTESTED,
        RequirementState.BLOCKED,
        RequirementState.FROZEN,
        RequirementState.ERRORED,
        RequirementState.SOURCE_DOWN,
    }
)
"""What may change without a result: feedback, the end of a freeze, an engine that comes to its senses."""

LOOKS_AFTER_POLLS: Final = 10
"""A gate that waits for more than results is asked once in so many polls: five minutes, usually."""


def answer_of(
    attempt: Attempt,
    world: World,
    question: Question,
    subjects: tuple[Subject, ...],
    missing_from: datetime | None = None,
) -> GateAnswer:
    """What every engine says now, with every waiver that stands now; Greenwave may know more ``subjects`` than we ask.

    Until ``missing_from`` a test without a result is not scheduled yet.

    Raises:
        SystemUnreachable: nothing keeps the gate from opening but that a source could not be asked.
    """
    found = _findings(world, question, subjects)
    given = _given(attempt, found)
    answer = gating.judge(question, found, given, missing_from)
    if answer.verdict is not Verdict.OPEN and world.waiverdb is not None:
        answer = gating.judge(question, _with_more_waivers(world.waiverdb, found), given, missing_from)
    if gating.only_sources_are_down(answer):
        raise SystemUnreachable("; ".join(dict.fromkeys(each.note for each in answer.reasons if each.note)))
    return answer


def keep(attempt: Attempt, answer: GateAnswer) -> None:
    """The answer whole, and each waiver that opened something; what is kept already is not kept again."""
    words = "; ".join(answer.missing) or f"{len(answer.reasons)} requirements hold"
    attempt.note(GATE, answer.context, str(answer.verdict), words, to_json(answer))
    if answer.verdict is Verdict.OPEN:
        for waiver in answer.waivers:
            words = f"{waiver.who} answers for {waiver.testcase} of {waiver.item}: {waiver.why}"
            attempt.note(WAIVER, waiver.id, "used", words, to_json(waiver))


def watches_of(answer: GateAnswer, *verdicts: Verdict) -> tuple[Watch, ...]:
    """What may change the verdict, for the items that have one of these."""
    about = [each.requirement for each in answer.reasons if each.verdict in verdicts]
    results = {Watch("resultsdb.item", each.item) for each in about}
    return tuple(results | {Watch("bodhi.update", each.item) for each in about if each.type == UPDATE})


def made_at(koji: Koji, subjects: Iterable[Subject], policies: Iterable[Policy]) -> Mapping[str, datetime]:
    """When builds were made, asked only where a rule depends on it."""
    builds = [each.item for each in subjects if each.type == BUILD]
    if not builds or not requiring.needs_build_times(policies):
        return {}
    found = koji.builds(builds)
    return {nvr: build.created_at for nvr, build in found.items() if build.created_at is not None}


def look_at_answer(
    world: World, answer: GateAnswer, watches: tuple[Watch, ...], poll: timedelta, left: timedelta
) -> timedelta:
    """Sooner than the poll needs it where something may change that no poll asks about."""
    states = {each.state for each in answer.reasons if each.verdict is not Verdict.OPEN}
    elsewhere = world.greenwave is not None or world.waiverdb is not None
    usual = look_again(tuple(watch for watch in watches if watch.system in POLLED), poll, left)
    return min(usual, poll * LOOKS_AFTER_POLLS) if elsewhere or states & UNPOLLED else usual


def _findings(world: World, question: Question, subjects: tuple[Subject, ...]) -> Findings:
    """Every engine must be content: Greenwave, where there is one, adds its policies to ours."""
    own = OwnGate(world.resultsdb, world.bodhi).findings(question)
    if world.greenwave is None:
        return replace(own, found=evaluating.merged(own.found))
    outside = _counting(world.greenwave.findings(replace(question, subjects=subjects)), world.resultsdb, question)
    found = evaluating.merged((*own.found, *outside.found))
    return Findings(f"{own.engine} and {outside.engine}", found, (*own.waivers, *outside.waivers))


def _counting(said: Findings, resultsdb: ResultsDb, question: Question) -> Findings:
    """Greenwave weighs the newest result, whenever that came: one that counts no longer is a missing one."""
    if not question.since:
        return said
    old = {
        each.id
        for each in resultsdb.results_for(question.since.keys(), ())
        if any(each.submitted < question.since[item] for item in each.data.get("item", ()) if item in question.since)
    }
    return replace(said, found=tuple(_missing(each) if each.result_id in old else each for each in said.found))


def _missing(finding: Finding) -> Finding:
    return Finding(finding.requirement, RequirementState.MISSING)


def _given(attempt: Attempt, found: Findings) -> tuple[Waiver, ...]:
    """What people waived with our own command."""
    items = {each.requirement.item for each in _wanting(found)}
    return attempt.waivers_of(items) if items else ()


def _with_more_waivers(waiverdb: WaiverDb, found: Findings) -> Findings:
    """Those of others too; whatever is wrong with WaiverDB, no waiver of it counts then, and the answer says so."""
    requirements = [each.requirement for each in _wanting(found)]
    subjects = {Subject(each.type, each.item, each.artifact) for each in requirements}
    try:
        return replace(found, waivers=(*found.waivers, *waiverdb.waivers_of(subjects)))
    except RelengError as trouble:
        nobody = Requirement("WaiverDB", "waivers", "waivers")
        unknown = Finding(nobody, RequirementState.SOURCE_DOWN, note=str(trouble))
        return replace(found, found=(*found.found, unknown))


def _wanting(found: Findings) -> Iterable[Finding]:
    return (each for each in found.found if each.state is not RequirementState.PASSED)

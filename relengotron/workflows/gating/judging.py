"""What do the tests say of a batch, and who is to blame where they fail?"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from relengotron.decisions import bisecting, evaluating, suspecting
from relengotron.decisions.suspecting import Said
from relengotron.errors import SystemUnreachable
from relengotron.messages.gate import NextBatch, batch_failed
from relengotron.model.codec import from_json, to_json
from relengotron.model.gate import GateAnswer, Reason, RequirementState
from relengotron.model.gated import BATCH, GatedBuild, Suspicion, batch_id
from relengotron.model.judgement import Closedness, Judgement
from relengotron.model.outcome import Again, Done, Hold, Outcome, Running
from relengotron.systems.resultsdb.port import TestResult
from relengotron.workflows.asking import answer_of, keep
from relengotron.workflows.gating.closing import breaks_of, ensure_the_target_stays_closed
from relengotron.workflows.gating.facts import facts_of, say, told_of
from relengotron.workflows.gating.gate import GateRun
from relengotron.workflows.gating.question import (
    is_tested_as_a_whole,
    question_of,
    round_item,
    round_of,
    sources_down,
    subjects_of,
)
from relengotron.workflows.gating.testing import is_first_look, patience, stuck_alone, wait_for_tests


def ensure_builds_have_verdicts(run: GateRun) -> Outcome:
    """Every build is known for good, or who is to blame is known, or how the batch is divided to find out."""
    if is_first_look(run):
        run.look_anew()  # who has left while the steps before were walked is not tested with the others
    builds = run.builds()
    free = run.let_through(builds)
    asked = [each for each in builds if each.nvr not in free]
    if not asked:
        return Done(_good(run, builds))
    if free:
        why = f"people let {', '.join(free)} through; the others are tested without"
        return _judged(run, builds, Judgement(divided=(free, names_of(asked)), why=why, round=round_of(run)))
    breaking = [each for each in _closedness(run).suspects if each.nvr in names_of(asked)]
    if breaking:
        return _judged(run, asked, _without(run, asked, (*breaking, *_with_them(run, asked, breaking))))
    return _by_tests(run, asked)


def _with_them(run: GateRun, asked: Sequence[GatedBuild], breaking: Sequence[Suspicion]) -> Iterator[Suspicion]:
    """Builds that would break without those: they have waited as long, and there is nothing else to wait for."""
    out = {each.nvr for each in breaking}
    while left := {each.package: each.nvr for each in asked if each.nvr not in out}:
        breaks = {each.source: each for each in breaks_of(run, left.values()) if each.is_new and each.source in left}
        if not breaks:
            return
        yield from (Suspicion(left[package], f"without the suspects {each}") for package, each in breaks.items())
        out |= {left[package] for package in breaks}


def _by_tests(run: GateRun, asked: Sequence[GatedBuild]) -> Outcome:
    missing_from = run.engine.step_started_at + patience(run)
    answer = answer_of(run.engine, run.world, question_of(run, asked), subjects_of(run, asked), missing_from)
    if gone := _left_meanwhile(run, asked):
        return Again(run.engine.step, f"what is left without {', '.join(gone)} is tested anew", anew=True)
    blame = _blame(run, asked, answer)
    if blame is not None and (down := sources_down(answer)):
        raise SystemUnreachable(f"nobody is suspected before it is known what is waived: {'; '.join(down)}")
    outcome = _judged(run, asked, blame) if blame is not None else _waiting(run, asked, answer)
    if is_first_look(run) or not isinstance(outcome, Running):
        keep(run.engine, answer)  # while results come in, the note of the step says what is left
    return outcome or Done(_good(run, asked))


def _waiting(run: GateRun, asked: Sequence[GatedBuild], answer: GateAnswer) -> Outcome | None:
    """What waits for people waits alone: the builds that have all their own results go on without it."""
    outcome = wait_for_tests(run, asked, answer)
    stuck = stuck_alone(answer) if isinstance(outcome, Hold) else {}
    wholes = bisecting.wholes_of(names_of(asked), _closedness(run).groups)
    free = tuple(nvr for whole in wholes if stuck.keys().isdisjoint(whole) for nvr in whole)
    if not stuck or not free:
        return outcome
    why = f"{'; '.join(map(str, stuck.values()))}; the others go on without"
    rest = tuple(each.nvr for each in asked if each.nvr not in free)
    return _judged(run, asked, Judgement(divided=(free, rest), why=why, round=round_of(run)))


def _left_meanwhile(run: GateRun, asked: Sequence[GatedBuild]) -> tuple[str, ...]:
    """Builds that were in this round of tests and have left since: what it finds is not about what is left."""
    if run.engine.step not in run.engine.steps or not is_tested_as_a_whole(run):
        return ()
    left = sorted(set(run.batch.builds).difference(names_of(asked)))
    rows = (run.ledger.find(nvr) for nvr in left)
    return tuple(each.nvr for each in rows if each is not None and each.since > run.engine.step_started_at)


def next_batches(run: GateRun, judgement: Judgement) -> tuple[NextBatch, ...]:
    """Which batches go on with what a failed one leaves; each is called by what it was meant to be."""
    return tuple(NextBatch(batch_id(run.name, part, run.batch.id), part) for part in judgement.divided)


def _judged(run: GateRun, builds: Sequence[GatedBuild], judgement: Judgement) -> Done:
    """Everybody hears why the batch does not go through as it is, and how many rounds of tests it takes at most."""
    groups = _closedness(run).groups
    most = max((bisecting.rounds_at_most(part, groups) for part in judgement.divided), default=0)
    message = batch_failed(
        facts_of(run),
        replace(run.batch, round=judgement.round),
        told_of(run, builds),
        f"{judgement.why} (round {judgement.round} of at most {judgement.round + most})",
        suspects=judgement.suspects,
        rest=next_batches(run, judgement),
    )
    say(run, f"judged {run.engine.run.attempt}", message)
    for each in judgement.suspects:
        run.engine.note("build", each.nvr, "suspected", each.reason, to_json(each))
    return Done(judgement)


def _blame(run: GateRun, asked: Sequence[GatedBuild], answer: GateAnswer) -> Judgement | None:
    """Suspects as soon as they are known: the innocent do not wait for what else is tested of the guilty."""
    of_batch = suspecting.found_bad(answer, BATCH)
    suspects = suspecting.suspects(answer, {each.nvr: each.package for each in asked}, _said(run, of_batch))
    if suspects:
        return _without(run, asked, suspects)
    return _bisected(run, asked, of_batch) if of_batch else None


def _bisected(run: GateRun, asked: Sequence[GatedBuild], of_batch: Sequence[Reason]) -> Judgement:
    """Builds that go together or not at all are to blame together: a part of them could not be tested alone."""
    builds, groups = names_of(asked), _closedness(run).groups
    parts = bisecting.parts_of(builds, groups)
    if len(bisecting.wholes_of(builds, groups)) == 1 and all(breaks_of(run, part) for part in parts):
        return _without(run, asked, tuple(suspecting.suspected(nvr, of_batch) for nvr in builds))
    failed = ", ".join(dict.fromkeys(f"{each.requirement.testcase} {each.state}" for each in of_batch))
    why = f"{failed}, which names no build"
    return Judgement(divided=parts, why=why, round=round_of(run), is_bisected=True)


def _closedness(run: GateRun) -> Closedness:
    """What the step before found out of the dependencies."""
    known = run.engine.steps.get(ensure_the_target_stays_closed.__name__)
    return from_json(Closedness, known.output) if known is not None and known.output is not None else Closedness()


def _without(run: GateRun, builds: Sequence[GatedBuild], suspects: tuple[Suspicion, ...]) -> Judgement:
    guilty = {each.nvr for each in suspects}
    rest = tuple(each.nvr for each in builds if each.nvr not in guilty)
    why = "; ".join(f"{each.nvr}: {each.reason}" for each in suspects)
    return Judgement(suspects=suspects, divided=(rest,) if rest else (), why=why, round=round_of(run))


def _said(run: GateRun, of_batch: Sequence[Reason]) -> tuple[Said, ...]:
    """What the bad results of this round say besides their outcome; a newer one of the same kind takes its place."""
    if not of_batch:
        return ()
    wanted = [(each.requirement.testcase, each.requirement.scenario) for each in of_batch]
    newest: dict[tuple[object, ...], TestResult] = {}
    for each in run.world.resultsdb.results_for([round_item(run)], {testcase for testcase, _ in wanted}):
        if each.type == BATCH:
            newest.setdefault((each.testcase, *(each.data.get(key) for key in evaluating.KINDS)), each)
    bad = (each for each in newest.values() if evaluating.state_of(each.outcome) is RequirementState.FAILED)
    return tuple(Said(each.id, each.testcase, each.data) for each in bad if _is_among(each, wanted))


def _is_among(result: TestResult, wanted: Sequence[tuple[str, str | None]]) -> bool:
    """Whether it is of a test case, in the scenario if one is named, that was found bad: others were waived."""
    scenarios = (None, *result.data.get("scenario", ()))
    return any(testcase == result.testcase and scenario in scenarios for testcase, scenario in wanted)


def _good(run: GateRun, builds: Sequence[GatedBuild]) -> Judgement:
    return Judgement(names_of(builds), round=round_of(run))


def names_of(builds: Sequence[GatedBuild]) -> tuple[str, ...]:
    """What the builds are called, in their order."""
    return tuple(each.nvr for each in builds)

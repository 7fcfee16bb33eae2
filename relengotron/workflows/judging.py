"""The third part of a push: what the tests say of every compose, and whether the gate is open."""

from relengotron.model.artifact import Artifact, Built
from relengotron.model.gate import GateAnswer, Verdict
from relengotron.model.outcome import Done, Outcome, Running
from relengotron.model.run import EffectRecord
from relengotron.systems.resultsdb.port import NewResult
from relengotron.workflows.asking import keep, watches_of
from relengotron.workflows.asking_the_gate import ask_the_gate, look_again, throw_out, went_on_without, why_shut
from relengotron.workflows.composing import all_composed
from relengotron.workflows.digest import telling_of
from relengotron.workflows.push import Push, with_updates_left

COMPOSE_TESTCASE = "relengotron.compose"


@with_updates_left
def ensure_compose_results_are_stored(push: Push) -> Outcome:
    """ResultsDB holds one result for every compose of this run, and has announced it to the testers."""
    stored = {built.artifact: store_result(push, built) for built in all_composed(push)}
    return Done(stored)


@with_updates_left
def ensure_tests_have_verdicts(push: Push) -> Outcome:
    """Every required test of every compose has a verdict, or the time for it is over and the gate will say so."""
    answer = ask_the_gate(push)
    if push.engine.step not in push.engine.steps:
        keep(push.engine, answer)
    if (thrown_out := throw_out(push, answer)) is not None:
        return thrown_out
    waiting = [reason for reason in answer.reasons if reason.verdict is Verdict.WAITING]
    if waiting and not push.is_late(push.settings.patience.tests):
        watches = watches_of(answer, Verdict.WAITING)
        telling, usual = telling_of(push, answer), look_again(push, answer, push.settings.patience.tests, watches)
        words = "tests: " + "; ".join(str(reason) for reason in waiting)
        return Running(words, watches, telling.within(usual), telling.tell)
    return Done(len(answer.reasons))


@with_updates_left
def ensure_the_gate_is_open(push: Push) -> Outcome:
    """Every requirement of every artifact is met but of those that may lag; else it holds the push and says so."""
    answer = ask_the_gate(push)
    if went_on_without(push, answer):
        answer = ask_the_gate(push)
    for built in all_composed(push):
        _note_tests(push, built, answer)
    return why_shut(push, answer) or Done(answer)


def store_result(push: Push, built: Built) -> int:
    """ResultsDB holds one result for this compose; its number there."""
    result = _compose_result(push, built)

    def find(_intent: EffectRecord) -> int | None:
        known = push.world.resultsdb.results_for([built.identity], [COMPOSE_TESTCASE])
        return next((each.id for each in known if push.result_group in each.groups), None)

    return push.engine.effect(
        f"result {built.artifact} {built.identity}",
        f"store the compose of {built.artifact} in ResultsDB",
        do=lambda: push.world.resultsdb.store(result).id,
        find=find,
    )


def _compose_result(push: Push, built: Built) -> NewResult:
    artifact = next(each for each in push.artifacts if each.name == built.artifact)
    data: dict[str, tuple[str, ...]] = {
        "item": (built.identity,),
        "type": ("compose",),
        "artifact": (built.artifact,),
        "kind": (built.kind,),
        "location": (built.location,),
        "release": (push.lane.release,),
        "request": (push.lane.request,),
        "relengotron_run": (push.engine.run.id,),
        "repos": _repos(push, artifact),
    }
    data |= {key: _texts(value) for key, value in built.facts.items() if key not in data}
    return NewResult(
        testcase=COMPOSE_TESTCASE,
        outcome="PASSED",
        group=push.result_group,
        group_description=f"relengotron run {push.engine.run.id} of {push.lane}",
        note=f"composed by Koji task {built.task_id}",
        ref_url=f"{push.settings.systems.koji.weburl}/taskinfo?taskID={built.task_id}",
        data={key: values for key, values in data.items() if values},
    )


def _repos(push: Push, artifact: Artifact) -> tuple[str, ...]:
    """The repos that the content of an artifact comes from: the released ones and those composed in this push."""
    base = push.settings.release(push.lane.release).base_repos
    released = tuple(url for arch in artifact.arches for url in base.get(arch, ()))
    mashed = tuple(
        each.location for each in all_composed(push) if each.artifact in artifact.made_from and each.kind == "mash"
    )
    return released + mashed


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, list | tuple):
        return tuple(str(each) for each in value)
    return () if value is None else (str(value),)


def _note_tests(push: Push, built: Built, answer: GateAnswer) -> None:
    own = [reason for reason in answer.reasons if reason.requirement.artifact == built.artifact]
    verdicts = {reason.verdict for reason in own}
    state = "tested" if verdicts <= {Verdict.OPEN} else "held"
    words = "; ".join(f"{reason.requirement.testcase} {reason.state}" for reason in own) or "no test is required"
    facts = {
        "identity": built.identity,
        "kind": built.kind,
        "tests": {reason.requirement.testcase: str(reason.state) for reason in own},
        "results": {reason.requirement.testcase: reason.result_id for reason in own},
    }
    push.engine.note("artifact", built.artifact, state, words, facts)

"""A bad update leaves a push that is on its way: who wants that, is it too late, and what goes back?

A wish is kept with the run, whoever has it. The run answers it between two steps: it goes back to the step that takes
the update's builds out, and on from there as if the update had never been asked for. What is live is never ejected.
"""

from collections.abc import Iterable
from functools import wraps
from typing import Any, Final

from relengotron.errors import RelengError, RequestRefused
from relengotron.model.batch import EJECT, EJECTED, Ejected, Ejection, Update
from relengotron.model.codec import from_json, to_json
from relengotron.model.outcome import Again, Done, Failed, FailureKind, Outcome, Running, Watch
from relengotron.model.run import EffectRecord, StepState
from relengotron.systems.koji.port import Task, TaskState
from relengotron.workflows.push import Push, PushStep
from relengotron.workflows.releasing import LIVE
from relengotron.workflows.shipping import leave_behind
from relengotron.workflows.trying import begin_anew, stop_compose, tasks_of

OUT: Final = "ensure_ejected_updates_are_out"


def unless_called_back(step: PushStep) -> PushStep:
    """The step, unless an update has to go first: then the run goes back to where that happens."""

    @wraps(step)
    def guarded(push: Push) -> Outcome:
        refused = answer_wishes(push)
        leaving = still_in(push)
        if leaving:
            return Again(OUT, "; ".join(f"without {each.alias}: {each.reason}" for each in leaving), anew=True)
        if refused:  # so that it is written down, whatever comes of the step
            return Again(step.__name__, "; ".join(refused))
        return step(push)

    return guarded


def answer_wishes(push: Push) -> list[str]:
    """Every wish to eject an update is granted, or refused with a reason, which is returned; an answer holds."""
    said = push.said_of_leaving()
    wishes = [from_json(Ejection, wish) for key, wish in said.items() if key.startswith(EJECT)]
    unanswered = [wish for wish in wishes if f"{EJECTED}{wish.update}" not in said]
    if not unanswered or not _is_known_what_ships(push):
        return []
    return [refusal for wish in unanswered if (refusal := _answer(push, wish))]


def still_in(push: Push) -> tuple[Ejected, ...]:
    """The ejected updates of which this push holds something: it went past the place where they leave before."""
    record = push.engine.steps.get(OUT)
    if record is None or record.state is not StepState.DONE:
        return ()
    return tuple(each for each in push.ejected() if each.alias not in (record.output or ()))


def ensure_ejected_updates_are_out(push: Push) -> Outcome:
    """The builds of every ejected update are where they came from, and no task makes anything of them."""
    ejected = push.ejected()
    leave_behind(push, push.shipment(), ejected)
    if ejected:
        begin_anew(push, (each.name for each in push.artifacts if each.is_repo))
        _stop_mashing(push)
    builds = _only_theirs(push, ejected)
    under_way, stuck = _taken_back(push, builds)
    stuck += [f"{each} is in {push.release.tag}, and this push did not put it there" for each in _strange(push, builds)]
    if under_way or stuck:
        watches = tuple(Watch("koji.build", build) for build in builds)
        return _wait(push, tuple(under_way), tuple(stuck), watches)
    for build in builds:
        push.engine.note("build", build, "ejected", f"it is not in {push.release.tag}")
    return Done([each.alias for each in ejected])


def _answer(push: Push, wish: Ejection) -> str:
    """Why it is refused; nothing where it is granted."""
    update = next((each for each in push.shipment().updates if each.alias == wish.update), None)
    refusal = _why_not(push, update)
    ejected = None
    if update is not None and not refusal:
        ejected = Ejected(update.alias, update.title, f"ejected by {wish.who}: {wish.why}", update.builds)
    answer: dict[str, Any] = {"ejected": to_json(ejected), "refusal": refusal}
    push.engine.remember(f"{EJECTED}{wish.update}", lambda: answer)
    if refusal:
        push.engine.note("update", wish.update, "not ejected", f"{wish.who} wanted it out ({wish.why}): {refusal}")
    return f"{wish.update} is not ejected: {refusal}" if refusal else ""


def _why_not(push: Push, update: Update | None) -> str:
    if push.engine.begun(LIVE):
        return f"too late, the push is live; relengotron rollback {push.engine.run.id} takes it back as a whole"
    return "" if update is not None else "it is not in this push, or not any more"


def _is_known_what_ships(push: Push) -> bool:
    known = push.engine.steps.get("ensure_updates_are_eligible")
    return known is not None and known.state is StepState.DONE


def _only_theirs(push: Push, ejected: Iterable[Ejected]) -> list[str]:
    staying = set(push.shipment().builds)
    return [build for each in ejected for build in each.builds if build not in staying]


def _stop_mashing(push: Push) -> None:
    for artifact in push.artifacts:
        if artifact.is_repo:
            for task in tasks_of(push, artifact.name):
                stop_compose(push, task)


def _taken_back(push: Push, builds: list[str]) -> tuple[list[str], list[str]]:
    """What is still on its way back, and what Koji does not let go back."""
    under_way, stuck = list[str](), list[str]()
    tags = push.world.koji.tags_of(builds) if builds else {}
    for build, tried in push.mover.tries_of(builds).items():
        if tried:
            _take_back(push, build, [move for _, move in tried], push.release.tag in tags[build], (under_way, stuck))
    return under_way, stuck


def _take_back(
    push: Push, build: str, moves: list[EffectRecord], is_there: bool, into: tuple[list[str], list[str]]
) -> None:
    under_way, stuck = into
    coming = [task for move in moves for task in _still_coming(push, move)]
    if coming:
        under_way += [f"Koji task {task.id}, which moves {build}, is being cancelled" for task in coming]
    elif is_there:
        try:
            task = _asked_back(push, build, moves[0].old["source"])
        except RequestRefused as refused:
            stuck.append(f"{build} cannot go back: {refused}")
            return
        if task is not None and task.state in (TaskState.FAILED, TaskState.CANCELLED):
            stuck.append(f"{build} could not go back: Koji task {task.id} is {task.state}")
        else:
            under_way.append(f"{build} is on its way back to {moves[0].old['source']}")


def _still_coming(push: Push, move: EffectRecord) -> list[Task]:
    """What still moves the build here; it is cancelled, also where its answer was lost."""
    koji, old = push.world.koji, move.old
    tasks = koji.move_tasks_since(move.intended_at, old["build"], old["source"], old["target"])
    coming = [task for task in tasks if not task.state.is_final]
    for task in coming:
        koji.cancel_task(task.id)
    return coming


def _asked_back(push: Push, build: str, source: str) -> Task | None:
    """The one task of this attempt that takes the build back."""
    koji, move = push.world.koji, (build, push.release.tag, source)

    def ask() -> int:
        answer = koji.move_builds([move])[build]
        if isinstance(answer, RelengError):
            raise answer
        return answer

    def find(intent: EffectRecord) -> int | None:
        tasks = koji.moves_since(intent.intended_at, [move])[build]
        return tasks[-1].id if tasks else None

    key = f"out {build} try {push.engine.run.attempt}"
    task = push.engine.effect(key, f"move {build} back from {move[1]} to {source}", ask, find)
    return koji.tasks([task]).get(task)


def _strange(push: Push, builds: list[str]) -> list[str]:
    """The builds that carry the target tag although no move of this push is to be taken back."""
    moved = {build for build, tried in push.mover.tries_of(builds).items() if tried}
    others = [build for build in builds if build not in moved]
    tags = push.world.koji.tags_of(others) if others else {}
    return [build for build in others if push.release.tag in tags[build]]


def _wait(push: Push, under_way: tuple[str, ...], stuck: tuple[str, ...], watches: tuple[Watch, ...]) -> Outcome:
    patience = push.settings.patience.moves
    if not stuck and not push.is_late(patience):
        return Running("; ".join(under_way), watches, look_again=push.settings.pace.poll)
    patience += push.settings.patience.hold
    if push.is_late(patience):
        return Failed(FailureKind.DEADLINE, f"an ejected update is still in: {'; '.join(stuck + under_way)}")
    return push.hold(stuck + under_way, patience, f"relengotron runs retry {push.engine.run.id}", watches)

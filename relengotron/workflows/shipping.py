"""The first part of a push: which updates ship, and are their builds where they must be?"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from relengotron.decisions import eligible, moving
from relengotron.engine.attempt import Change
from relengotron.errors import RelengError, RequestRefused, StateDisagrees, Transient
from relengotron.messages import outgoing
from relengotron.messages.outgoing import UpdateName
from relengotron.model.batch import Ejected, Shipment, Update
from relengotron.model.outcome import Done, Outcome, Running, Watch
from relengotron.model.run import EffectRecord
from relengotron.systems.bodhi.port import BodhiUpdate
from relengotron.systems.koji.port import Task, TaskState
from relengotron.workflows.push import Push, with_updates_left


def ensure_updates_are_eligible(push: Push) -> Outcome:
    """Every update that ships is locked in Bodhi for this release and request and has builds Koji knows."""
    known = _known_updates(push)
    builds = push.world.koji.builds({build for update in known.values() if update for build in update.builds})
    ejected = []
    for asked, update in known.items():
        reason = eligible.why_not(asked, update, push.lane)
        unknown = [build for build in (update.builds if update is not None else ()) if build not in builds]
        if reason is None and update is not None and unknown:
            text = f"Koji has no complete build {', '.join(unknown)}"
            reason = Ejected(update.alias, update.title, text, update.builds)
        if reason is not None:
            ejected.append(reason)
    if ejected and eligible.may_be_too_early(push.engine.run.created_at, push.now(), push.settings.patience.commit):
        return Running(
            "Bodhi may not have committed yet: " + "; ".join(f"{each.title}: {each.reason}" for each in ejected),
            look_again=push.settings.patience.commit / 10,
        )
    found = tuple({update.alias: update for update in known.values() if update is not None}.values())
    shipment = _eject(push, Shipment(found), ejected)
    for update in shipment.updates:
        push.engine.note("update", update.alias, "shipping", f"{update.type}: {update.title}")
    return Done(shipment)


@with_updates_left
def ensure_builds_are_signed(push: Push) -> Outcome:
    """Every RPM of every build carries the release's signature, and its signed copy is in the Koji store."""
    shipment, key = push.shipment(), push.release.signing_key
    builds = push.world.koji.builds(shipment.builds)
    unsigned = push.world.koji.unsigned_rpms(list(builds.values()), key)
    if unsigned and not push.is_late(push.settings.patience.signing):
        missing = tuple(
            f"{build}: {len(files)} RPMs lack a signature of key {key}" for build, files in unsigned.items()
        )
        return push.hold(
            missing,
            push.settings.patience.signing,
            "sign the builds; updates that stay unsigned are ejected at the deadline",
            tuple(Watch("koji.build", build) for build in unsigned),
        )
    ejected = _of_builds(shipment, {build: f"{build} was not signed in time" for build in unsigned})
    shipment = _eject(push, shipment, ejected)
    signed = [builds[build] for build in shipment.builds]
    try:
        push.engine.effect(
            "write signed copies",
            f"write the signed copies of {len(signed)} builds",
            do=lambda: push.world.koji.write_signed_copies(signed, key),
            find=lambda _intent: None,
        )
    except RequestRefused as refused:
        return push.hold(
            (str(refused),), push.settings.patience.signing, f"relengotron runs retry {push.engine.run.id}"
        )
    return Done(shipment)


@with_updates_left
def ensure_builds_are_in_target(push: Push) -> Outcome:
    """Every build carries the target tag, moved once, in order, whatever Koji answered."""
    shipment, target = push.shipment(), push.release.tag
    tags = push.world.koji.tags_of(shipment.builds)
    moves = moving.plan(shipment.builds, tags, target, push.settings.request_target(push.lane).from_tags)
    stuck = _stuck_moves(push, moves)
    lost = {build: f"{build} is in none of the tags it could be moved from" for build in moves.lost}
    is_late = push.is_late(push.settings.patience.moves)
    shipment = _leave_behind(push, shipment, {**stuck, **lost} if is_late else lost)
    tasks, refused = _move(push, [(build, source) for build, source in moves.now if build in shipment.builds])
    shipment = _leave_behind(push, shipment, refused if is_late else {})
    if all(target in tags[build] for build in shipment.builds):
        for build in shipment.builds:
            push.engine.note("build", build, "tagged", f"it is in {target}")
        return Done(shipment)
    missing = (*stuck.values(), *refused.values())
    if missing and not is_late:
        command = f"relengotron runs retry {push.engine.run.id}"
        return push.hold(missing, push.settings.patience.moves, command)
    return Running(
        f"{len(moves.now) + len(moves.later)} builds on their way to {target}",
        tuple(Watch("koji.task", str(task)) for task in tasks),
        look_again=push.settings.pace.poll,
    )


@with_updates_left
def ensure_builds_left_pending(push: Push) -> Outcome:
    """No build of the push carries a pending tag any more."""
    shipment, pending = push.shipment(), push.settings.request_target(push.lane).pending_tags
    tags = push.world.koji.tags_of(shipment.builds)
    leftovers = [(build, tag) for build in shipment.builds for tag in pending if tag in tags[build]]
    if leftovers:
        push.world.koji.untag_builds(leftovers)
    return Done(len(leftovers))


def take_back_move(push: Push, effect: EffectRecord) -> None:
    """A build that this push moved, or was about to move, is where it came from.

    Raises:
        StateDisagrees: a task of Koji is still at it; look again.
    """
    koji, build = push.world.koji, effect.old["build"]
    source, target = effect.old["source"], effect.old["target"]
    for task in koji.move_tasks_since(effect.intended_at, build, source, target):
        if not task.state.is_final:
            koji.cancel_task(task.id)
            raise StateDisagrees(f"Koji task {task.id}, which moves {build}, is being cancelled")
    if any(not task.state.is_final for task in koji.move_tasks_since(effect.intended_at, build, target, source)):
        raise StateDisagrees(f"{build} is on its way back to {source}")
    tags = koji.tags_of([build])[build]
    if target in tags and source not in tags:
        answer = koji.move_builds([(build, target, source)])[build]
        if isinstance(answer, RelengError):
            raise answer
        raise StateDisagrees(f"{build} is on its way back to {source}")


def _known_updates(push: Push) -> dict[str, Update | None]:
    asked = push.batch.updates
    found = push.world.bodhi.updates(asked)
    return {name: next((_update(each) for each in found if _is_meant(name, each)), None) for name in asked}


def _is_meant(asked: str, found: BodhiUpdate) -> bool:
    return asked in (found.alias, found.title) or set(asked.replace(",", " ").split()) == set(found.builds)


def _update(found: BodhiUpdate) -> Update:
    return Update(
        alias=found.alias,
        title=found.title,
        type=found.type,
        release=found.release,
        request=found.request,
        is_locked=found.locked,
        builds=found.builds,
    )


def _move_key(push: Push, build: str, attempt: int | None = None) -> str:
    return f"move {build} try {attempt or push.engine.run.attempt}"


def _move(push: Push, moves: Sequence[tuple[str, str]]) -> tuple[tuple[int, ...], dict[str, str]]:
    """Ask for these (build, from tag) moves in one call; the tasks that make them, and why Koji refused the others."""
    target = push.release.tag
    changes = [
        Change(
            _move_key(push, build),
            f"move {build} from {source} to {target}",
            {"build": build, "source": source, "target": target},
        )
        for build, source in moves
    ]
    came = push.engine.effects(changes, partial(_ask_for_moves, push), partial(_moves_asked_for_before, push))
    for answer in came.values():
        if isinstance(answer, Transient):
            raise answer
    refused = {build: came[_move_key(push, build)] for build, _ in moves}
    return (
        tuple(task for task in came.values() if not isinstance(task, RelengError)),
        {
            build: f"{build} could not be moved to {target}: {why}"
            for build, why in refused.items()
            if isinstance(why, RelengError)
        },
    )


def _ask_for_moves(push: Push, changes: Sequence[Change]) -> dict[str, int | RelengError]:
    answers = push.world.koji.move_builds([_move_of(change.old) for change in changes])
    return {change.key: answers[change.old["build"]] for change in changes}


def _moves_asked_for_before(push: Push, intents: Sequence[EffectRecord]) -> dict[str, int]:
    """The tasks of moves whose answers were lost; those of a former try are not meant."""
    found: dict[str, int] = {}
    for asked_at in {intent.intended_at for intent in intents}:
        together = {intent.old["build"]: intent for intent in intents if intent.intended_at == asked_at}
        tasks = push.world.koji.moves_since(asked_at, [_move_of(intent.old) for intent in together.values()])
        for build, intent in together.items():
            new = [task.id for task in tasks[build] if task.id not in _tasks_of_former_tries(push, build)]
            found |= {intent.key: task for task in new[-1:]}
    return found


def _tasks_of_former_tries(push: Push, build: str) -> set[int]:
    keys = [_move_key(push, build, attempt) for attempt in range(1, push.engine.run.attempt)]
    return {each.result for each in push.engine.effect_records(keys).values() if each.is_finished}


def _move_of(old: Mapping[str, str]) -> tuple[str, str, str]:
    return old["build"], old["source"], old["target"]


def _stuck_moves(push: Push, moves: moving.Moves) -> dict[str, str]:
    """Builds whose move task is over although they still are where they were."""
    asked = push.engine.effect_records([_move_key(push, build) for build, _ in moves.now])
    tasks = {effect.old["build"]: int(effect.result) for effect in asked.values() if effect.is_finished}
    states = push.world.koji.tasks(tasks.values())
    over = {build: task for build, task in tasks.items() if task in states and states[task].state.is_final}
    if not over:
        return {}
    tags = push.world.koji.tags_of(over)
    return {
        build: f"{build} could not be moved to {push.release.tag}: {_why(push, states[task])}"
        for build, task in over.items()
        if push.release.tag not in tags[build]
    }


def _why(push: Push, task: Task) -> str:
    if task.state is TaskState.CLOSED:
        return f"Koji task {task.id} moved it, but it has left the tag again"
    if task.state is TaskState.CANCELLED:
        return f"Koji task {task.id} was cancelled"
    return push.world.koji.why_failed(task.id)


def _leave_behind(push: Push, shipment: Shipment, why: dict[str, str]) -> Shipment:
    """Without the updates of these builds, whose other builds are where they came from."""
    ejected = _of_builds(shipment, why)
    shipment = _eject(push, shipment, ejected)
    for build in (build for each in ejected for build in each.builds):
        _put_back(push, build)
    return shipment


def _put_back(push: Push, build: str) -> None:
    moved = push.engine.effect_record(_move_key(push, build))
    if moved is not None:
        take_back_move(push, moved)


def _of_builds(shipment: Shipment, why: dict[str, str]) -> tuple[Ejected, ...]:
    return tuple(
        Ejected(
            update.alias, update.title, "; ".join(why[build] for build in update.builds if build in why), update.builds
        )
        for update in shipment.updates
        if any(build in why for build in update.builds)
    )


def _eject(push: Push, shipment: Shipment, ejected: Iterable[Ejected]) -> Shipment:
    ejected = tuple(ejected)
    for each in ejected:
        name = UpdateName(each.alias or None, each.title, each.builds)
        push.note_ejected(each)
        push.say(f"eject {each.title}", outgoing.push_eject(push.facts(), name, each.reason))
    return shipment.without(ejected)

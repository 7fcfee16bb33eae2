"""The first part of a push: which updates ship, and are their builds where they must be?"""

from collections.abc import Iterable, Mapping, Sequence

from relengotron.decisions import eligible, moving
from relengotron.errors import RequestRefused
from relengotron.messages import outgoing
from relengotron.messages.outgoing import UpdateName
from relengotron.model.batch import Ejected, Shipment, Update
from relengotron.model.outcome import Done, Outcome, Running, Watch
from relengotron.systems.bodhi.port import BodhiUpdate
from relengotron.systems.koji.port import Build
from relengotron.workflows.moves import take_back_move
from relengotron.workflows.push import Push, with_updates_left
from relengotron.workflows.sight import note_updates


def ensure_updates_are_eligible(push: Push) -> Outcome:
    """Every update that ships is locked in Bodhi for this release and request and has builds Koji knows."""
    known = known_updates(push)
    found, ejected = weighed(push, known)
    if ejected and eligible.may_be_too_early(push.engine.run.created_at, push.now(), push.settings.patience.commit):
        return Running(
            "Bodhi may not have committed yet: " + "; ".join(f"{each.title}: {each.reason}" for each in ejected),
            look_again=push.settings.patience.commit / 10,
        )
    shipment = leave_behind(push, Shipment(found), ejected)
    note_updates(push, known)
    for update in shipment.updates:
        facts = {"builds": list(update.builds)}
        push.engine.note("update", update.alias, "shipping", f"{update.type}: {update.title}", facts)
    return Done(shipment)


@with_updates_left
def ensure_builds_are_signed(push: Push) -> Outcome:
    """Every RPM of every build carries the release's signature, and its signed copy is in the Koji store."""
    shipment, key = push.shipment(), push.release.signing_key
    builds = push.world.koji.builds(shipment.builds)
    unsigned = push.world.koji.unsigned_rpms(list(builds.values()), key)
    if unsigned and not push.is_late(push.settings.patience.signing):
        missing = lacking(unsigned, key)
        watches, patience = tuple(Watch("koji.build", build) for build in unsigned), push.settings.patience.signing
        command, again = f"relengotron explain {push.engine.run.id}", push.look_again(patience, watches)
        return push.hold(missing, patience, command, watches, again)
    gone = {build: f"Koji has no complete build {build} any more" for build in shipment.builds if build not in builds}
    late = {build: f"{build} was not signed in time" for build in unsigned}
    shipment = leave_behind(push, shipment, _of_builds(shipment, {**gone, **late}))
    return _with_signed_copies(push, shipment, [builds[build] for build in shipment.builds])


def _with_signed_copies(push: Push, shipment: Shipment, signed: list[Build]) -> Outcome:
    key = push.release.signing_key
    try:
        push.engine.effect(
            "write signed copies",
            f"write the signed copies of {len(signed)} builds",
            do=lambda: push.world.koji.write_signed_copies(signed, key),
            find=lambda _intent: None,
        )
    except RequestRefused as refused:
        patience = push.settings.patience.signing + push.settings.patience.hold
        if push.is_late(patience):
            raise
        return push.hold((str(refused),), patience, f"relengotron runs retry {push.engine.run.id}")
    return Done(shipment)


@with_updates_left
def ensure_builds_are_in_target(push: Push) -> Outcome:
    """Every build carries the target tag, moved once, in order, whatever Koji answered."""
    shipment, target, patience = push.shipment(), push.release.tag, push.settings.patience
    tags = push.world.koji.tags_of(shipment.builds)
    moves = moving.plan(shipment.builds, tags, target, push.settings.request_target(push.lane).from_tags)
    lost = lost_in(moves.lost)
    under_way, stuck = push.mover.asked_for([each for each in moves.now if each[0] in shipment.builds])
    stuck = {**lost, **stuck}
    slow = {build: f"{build}: Koji task {task.id} is still {task.state}" for build, task in under_way.items()}
    if push.is_late(patience.moves):
        too_late = push.is_late(patience.moves + patience.hold)
        shipment = _with_moves_back(push, shipment, {**stuck, **slow} if too_late else stuck)
        stuck = {}
    if all(target in tags[build] for build in shipment.builds):
        for build in shipment.builds:
            push.engine.note("build", build, "tagged", f"it is in {target}")
        return Done(shipment)
    watches = tuple(Watch("koji.task", str(task.id)) for task in under_way.values())
    if stuck:
        command = f"relengotron runs retry {push.engine.run.id}"
        return push.hold(tuple(stuck.values()), patience.moves, command, watches)
    if slow and push.is_late(patience.moves):
        command = f"relengotron explain {push.engine.run.id}"
        return push.hold(tuple(slow.values()), patience.moves + patience.hold, command, watches)
    count = len(under_way) + len(moves.later)
    again = push.look_again(patience.moves, watches)
    return Running(f"{count} builds on their way to {target}", watches, look_again=again)


@with_updates_left
def ensure_builds_left_pending(push: Push) -> Outcome:
    """No build of the push carries a pending tag any more."""
    builds = push.shipment().builds
    leftovers = pending_tags(push, builds, push.world.koji.tags_of(builds))
    if leftovers:
        push.world.koji.untag_builds(leftovers)
    return Done(len(leftovers))


def read_update(found: BodhiUpdate | None) -> Update | None:
    """What Bodhi says of an update, as a push knows it."""
    if found is None:
        return None
    return Update(
        alias=found.alias,
        title=found.title or found.alias,
        type=found.type,
        release=found.release,
        request=found.request,
        is_locked=found.locked,
        builds=found.builds,
    )


def weighed(push: Push, known: Mapping[str, Update | None]) -> tuple[tuple[Update, ...], tuple[Ejected, ...]]:
    """Every update that there is, and those of them and of the others that cannot ship, with the reason."""
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
    found = tuple({update.alias: update for update in known.values() if update is not None}.values())
    return found, tuple(ejected)


def lacking(unsigned: Mapping[str, Sequence[str]], key: str) -> tuple[str, ...]:
    """A sentence for each build that is not signed."""
    return tuple(f"{build}: {len(files)} RPMs lack a signature of key {key}" for build, files in unsigned.items())


def lost_in(builds: Iterable[str]) -> dict[str, str]:
    """A sentence for each build that Koji shows in no tag that it may come from."""
    return {build: f"{build} is in none of the tags it could be moved from" for build in builds}


def pending_tags(push: Push, builds: Iterable[str], tags: Mapping[str, frozenset[str]]) -> list[tuple[str, str]]:
    """The pending tags that these builds still carry, as (build, tag)."""
    pending = push.settings.request_target(push.lane).pending_tags
    return [(build, tag) for build in builds for tag in pending if tag in tags[build]]


def known_updates(push: Push) -> dict[str, Update | None]:
    """What Bodhi says of every update that was asked for, None where it knows none."""
    asked = push.batch.updates
    found = push.world.bodhi.updates(asked)
    return {name: read_update(next((each for each in found if _is_meant(name, each)), None)) for name in asked}


def _is_meant(asked: str, found: BodhiUpdate) -> bool:
    return asked in (found.alias, found.title) or set(asked.replace(",", " ").split()) == set(found.builds)


def _with_moves_back(push: Push, shipment: Shipment, why: dict[str, str]) -> Shipment:
    """The shipment without the updates of these builds; what was moved for them alone goes back."""
    ejected = _of_builds(shipment, why)
    staying = set(shipment.without(ejected).builds)
    leaving = [build for each in ejected for build in each.builds if build not in staying]
    for tried in push.mover.tries_of(leaving).values():
        for _, effect in tried:
            take_back_move(push.world.koji, effect)
    return leave_behind(push, shipment, ejected)


def _of_builds(shipment: Shipment, why: dict[str, str]) -> tuple[Ejected, ...]:
    return tuple(
        Ejected(
            update.alias, update.title, "; ".join(why[build] for build in update.builds if build in why), update.builds
        )
        for update in shipment.updates
        if any(build in why for build in update.builds)
    )


def leave_behind(push: Push, shipment: Shipment, ejected: Iterable[Ejected]) -> Shipment:
    """The shipment without these updates; everybody is told why."""
    ejected = tuple(ejected)
    for each in ejected:
        name = UpdateName(each.alias or None, each.title, each.builds)
        push.note_ejected(each)
        push.say(f"eject {each.name}", outgoing.push_eject(push.facts(), name, each.reason))
    return shipment.without(ejected)

"""The end of a push: has Bodhi heard that it is over?"""

from relengotron.engine.journal.acknowledgements import Asked
from relengotron.errors import Transient
from relengotron.model.batch import Ejected, Update
from relengotron.model.outcome import Done, Outcome, Running, Skipped, Watch
from relengotron.systems.bodhi.port import BodhiUpdate
from relengotron.workflows.push import Push
from relengotron.workflows.releasing import COMPLETE


def ensure_bodhi_has_acknowledged(push: Push) -> Outcome:
    """Bodhi has heard how the push ended: it acknowledged the message, or shows every update as the message says."""
    asked = push.engine.asked(COMPLETE)
    if asked is None:
        return Skipped("nobody was asked to acknowledge push.complete (systems.bodhi.acknowledges_as)")
    for who, at in asked.answers.items():
        push.engine.note("recipient", who, "acknowledged", f"it acknowledged push.complete at {at:%H:%M:%S} UTC")
    if not asked.silent:
        return Done({"acknowledged by": sorted(asked.answers)})
    if _shows_what_it_was_told(push):
        push.engine.stop_asking(COMPLETE)
        return Done({"seen in Bodhi": "every update is as push.complete says"})
    return _wait(push, asked)


def _wait(push: Push, asked: Asked) -> Outcome:
    """First in silence, then aloud, and not for ever: what is live stays live, whatever Bodhi says."""
    patience = push.settings.patience.acknowledge
    end = patience + push.settings.patience.hold
    if push.is_late(end) or (push.is_late(patience) and push.engine.holds_up_another()):
        return _without_answer(push, asked)
    watches = _watches(push, asked)
    if not push.is_late(patience):
        silent = ", ".join(asked.silent)
        return Running(f"{silent} to acknowledge push.complete", watches, look_again=push.settings.pace.poll)
    state = "" if asked.message.sent_at is not None else ", which the bus has not taken yet"
    missing = tuple(f"{who} has not acknowledged push.complete ({asked.message.msg_id}){state}" for who in asked.silent)
    return push.hold(missing, end, f"relengotron runs retry {push.engine.run.id}", watches)


def _without_answer(push: Push, asked: Asked) -> Outcome:
    message = asked.message
    for who in asked.silent:
        reason = f"it did not acknowledge push.complete in {message.attempts} tries; its updates may still be locked"
        facts = {"msg_id": message.msg_id, "trouble": message.trouble}
        push.engine.note("recipient", who, "missing", reason, facts)
    return Skipped(f"{', '.join(asked.silent)} never acknowledged push.complete; what is live stays live")


def _watches(push: Push, asked: Asked) -> tuple[Watch, ...]:
    updates = (Watch("bodhi.update", update.alias) for update in push.shipment().updates)
    return (Watch("bus.ack", asked.message.msg_id), *updates)


def _shows_what_it_was_told(push: Push) -> bool:
    """Whether Bodhi's own pages leave nothing to be told; False while it does not answer."""
    shipment = push.shipment()
    names = [each.alias for each in shipment.updates] + [each.alias for each in shipment.ejected if each.alias]
    try:
        found = {each.alias: each for each in push.world.bodhi.updates(names)}
    except Transient:
        return False  # the message goes on asking, and this wait has its end whether Bodhi is there or not
    return all(_is_shipped(push, update, found) for update in shipment.updates) and not any(
        _is_kept_for_us(push, ejected, found) for ejected in shipment.ejected
    )


def _is_shipped(push: Push, update: Update, found: dict[str, BodhiUpdate]) -> bool:
    """Whether it is where it was pushed to, or already further."""
    now = found.get(update.alias)
    return now is not None and not now.locked and now.status in (push.lane.request, "stable", "obsolete")


def _is_kept_for_us(push: Push, ejected: Ejected, found: dict[str, BodhiUpdate]) -> bool:
    """Whether it is still locked for this lane; a lock for another one is none of our doing."""
    now = found.get(ejected.alias)
    if now is None or not now.locked:
        return False
    return now.release == push.lane.release and now.request in (push.lane.request, None)

"""What of a stable push was live in testing before? The journal knows what was shown there and seen from outside."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from relengotron.engine.journal.passed import Passed
from relengotron.model.batch import EJECTED, Ejected, Shipment
from relengotron.model.codec import from_json
from relengotron.model.gate import BUILD, COMPOSE, UPDATE, Past, Subject
from relengotron.workflows.push import SHIPMENT_STEPS, Push

SEEN = "ensure_publication_is_seen_from_outside"
TESTING = "testing"


def past_of(push: Push, subjects: Collection[Subject]) -> Past:
    """Where these subjects, and the builds that they are made of, were live before; by NVR and identity."""
    shipment = push.shipment()
    made_of = {each.alias: tuple(each.builds) for each in shipment.updates}
    made_of |= {each.item: shipment.builds for each in subjects if each.type == COMPOSE}
    items = {each.item for each in subjects if each.type in (BUILD, COMPOSE)} | set(shipment.builds)
    return Past(
        _live(push, items), {each.item: made_of[each.item] for each in subjects if each.type in (UPDATE, COMPOSE)}
    )


def _live(push: Push, items: Collection[str]) -> Mapping[str, str]:
    lane = replace(push.lane, request=TESTING)
    builds, found = set(push.shipment().builds), dict[str, str]()
    for each in push.engine.passed(str(lane), SEEN, SHIPMENT_STEPS, EJECTED):
        shown = _shown_in(each) & (set(items) - found.keys())
        found |= {item: f"{item} was live in testing by {each.run}, {each.at:%Y-%m-%d}" for item in shown}
        if builds <= found.keys():
            break
    return found


def _shown_in(passed: Passed) -> frozenset[str]:
    output = next((passed.outputs[name] for name in SHIPMENT_STEPS if name in passed.outputs), None)
    shipment = from_json(Shipment, output) if output is not None else Shipment(())
    ejected = tuple(from_json(Ejected, each["ejected"]) for each in passed.decisions if each["ejected"] is not None)
    return passed.identities | frozenset(shipment.without(ejected).builds)

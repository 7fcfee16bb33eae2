"""What does the keeper of a gate make of a build: what the journal says of it, and what Koji's tags say?"""

from dataclasses import dataclass
from enum import StrEnum

from relengotron.model.gated import BuildState


class Finding(StrEnum):
    """What the two say together."""

    AGREES = "agrees"
    ARRIVES = "arrives"
    IS_LEFT_IN_QUARANTINE = "is left in quarantine"
    IS_IN_DOUBT = "is in doubt"
    LEFT_ITS_TAG = "left its tag"
    WAS_MOVED_THROUGH = "was moved through"
    IS_GONE = "is gone"


@dataclass(frozen=True, slots=True)
class Places:
    """In which tags of the gate a build is."""

    pending: bool = False
    quarantine: bool = False
    target: bool = False


def first_look(state: BuildState | None, places: Places, *, is_superseded: bool = False) -> Finding:
    """What a listing says, which may be older than the journal: what contradicts it is looked at once more.

    Who tags a build with Koji's own command, and takes it out of no other tag, wants it to be where they tagged it.

    ``is_superseded`` when a newer build of its package stands at the gate: whoever has that takes the older one out.
    """
    match state:
        case None:
            return _newcomer(places)
        case BuildState.ARRIVED:
            return Finding.AGREES if places.pending else Finding.IS_IN_DOUBT
        case BuildState.TESTING:
            return Finding.AGREES if places.pending and not places.quarantine else Finding.LEFT_ITS_TAG
        case BuildState.QUARANTINED:
            return Finding.AGREES if places.quarantine and not places.pending else Finding.LEFT_ITS_TAG
        case BuildState.MOVING:
            return Finding.AGREES
        case BuildState.SUPERSEDED if is_superseded:
            return Finding.AGREES
        case BuildState.ACCEPTED | BuildState.SUPERSEDED | BuildState.GONE:
            return Finding.IS_IN_DOUBT if places.pending or places.quarantine else Finding.AGREES


def second_look(state: BuildState, places: Places) -> Finding:
    """What is so when Koji was asked about this very build after the journal was read."""
    if state.is_settled:
        return _newcomer(places)
    if places.pending:
        return Finding.AGREES
    if places.target:
        return Finding.WAS_MOVED_THROUGH
    return Finding.IS_LEFT_IN_QUARANTINE if places.quarantine else Finding.IS_GONE


def _newcomer(places: Places) -> Finding:
    if places.pending:
        return Finding.ARRIVES
    return Finding.IS_LEFT_IN_QUARANTINE if places.quarantine else Finding.AGREES

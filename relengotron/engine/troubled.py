"""What becomes of a step that ran into trouble: it asks again later, a person is asked too, or it has failed."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from relengotron.decisions import retrying
from relengotron.engine.attempt import Attempt
from relengotron.errors import DeadlineMissed, PluginBroken, RelengError, StateDisagrees, Transient
from relengotron.model.outcome import Failed, FailureKind, Hold, Outcome, Running

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long trouble may last before a person is asked, who that is, and how long the hold lasts then."""

    trouble: timedelta = timedelta(minutes=30)
    hold: timedelta = timedelta(hours=24)
    owner: str = "releng"


class Troubled(Running):
    """Running only because the outside is in trouble."""


class TroubledHold(Hold):
    """Held only because the outside is in trouble for so long that a person should look."""


def outcome_of(attempt: Attempt, raised: RelengError, patience: Patience, now: datetime) -> Outcome:
    """How a step ends that raised this."""
    match raised:
        case Transient() | StateDisagrees():
            return troubled(attempt, raised, patience, now)
        case PluginBroken():
            return Failed(FailureKind.PLUGIN, str(raised))
        case DeadlineMissed():
            return Failed(FailureKind.DEADLINE, str(raised))
        case _:
            return Failed(FailureKind.REFUSED, str(raised))


def troubled(attempt: Attempt, raised: Exception, patience: Patience, now: datetime) -> Troubled | TroubledHold:
    """Ask again later, with growing pauses; after a while a person is asked too."""
    known = attempt.steps.get(attempt.step)
    since = (known.trouble_since if known is not None else None) or now
    pause = retrying.pause_after(known.troubles if known is not None else 0)
    log.info("asking again later", extra={"run": attempt.run.id, "step": attempt.step, "trouble": str(raised)})
    if not retrying.needs_a_person(since, now, patience.trouble):
        return Troubled(f"{raised}", look_again=pause)
    deadline = since + patience.trouble + patience.hold
    while deadline <= now:
        deadline += patience.hold  # nobody came: ask again, aloud
    return TroubledHold((str(raised),), deadline, patience.owner, "relengotron doctor", look_again=pause)

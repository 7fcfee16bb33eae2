"""What do we tell others about repos of trees that were looked after?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from relengotron.messages.outgoing import SENDER, OutgoingMessage, iso

TOPIC: Final = "tree.care"
CareState = Literal["complete", "held", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class CareFacts:
    """What every message says about its run; ``links`` are name → URL."""

    run: str
    lane: str
    appointment: str
    repo: str
    at: datetime
    step: str | None = None
    trigger_msg_id: str | None = None
    links: Mapping[str, str] = field(default_factory=dict)


def tree_care(
    facts: CareFacts,
    state: CareState,
    *,
    reason: str | None = None,
    done: Sequence[str] = (),
    missing: Sequence[str] = (),
    deadline: datetime | None = None,
    owner: str | None = None,
    command: str | None = None,
) -> OutgoingMessage:
    """A repo was looked after, or that waits for a person, or has failed."""
    told: dict[str, Any] = {
        "run": facts.run,
        "lane": facts.lane,
        "appointment": facts.appointment,
        "repo": facts.repo,
        "step": facts.step,
        "state": state,
        "reason": reason,
        "done": list(done),
        "missing": list(missing),
        "deadline": None if deadline is None else iso(deadline),
        "owner": owner,
        "command": command,
        "links": dict(facts.links),
        "trigger_msg_id": facts.trigger_msg_id,
        "at": iso(facts.at),
    }
    return OutgoingMessage(f"{SENDER}.{TOPIC}", told)

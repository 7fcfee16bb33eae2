"""What would the daemon do with one message of a recording?"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from relengotron.model.codec import to_json
from relengotron.model.intents import Intent
from relengotron.model.outcome import Watch


class Outcome(StrEnum):
    """How a message ends."""

    HANDLED = "handled"
    IGNORED = "ignored"
    PARKED = "parked"


@dataclass(frozen=True, slots=True)
class Played:
    """One line of the recording and what follows from it; ``raised`` when reading it met a defect of ours."""

    msg_id: str | None
    topic: str | None
    outcome: Outcome
    reason: str
    intents: Sequence[Intent] = ()
    raised: bool = False


def for_programs(played: Played) -> dict[str, Any]:
    """The message as one JSON object."""
    return {
        "msg_id": played.msg_id,
        "topic": played.topic,
        "outcome": str(played.outcome),
        "reason": played.reason,
        "intents": [intent_for_programs(intent) for intent in played.intents],
    }


def intent_for_programs(intent: Intent) -> dict[str, Any]:
    """``intent`` names its kind; its fields stand beside it, those of a watch too."""
    told: dict[str, Any] = {"intent": type(intent).__name__}
    for field in fields(intent):
        value = getattr(intent, field.name)
        told |= to_json(value) if isinstance(value, Watch) else {field.name: to_json(value)}
    return told


def in_words(intent: Intent) -> str:
    """``Start workflow=receive_push lane=...``: the kind of the intent and its short fields."""
    told = intent_for_programs(intent)
    kind = told.pop("intent")
    return " ".join([kind, *(f"{name}={value}" for name, value in told.items() if isinstance(value, str | int))])

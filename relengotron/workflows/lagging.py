"""What has a push left behind at its gate, and what of all it left behind has caught up since?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from relengotron.model.artifact import Built
from relengotron.model.codec import from_json, to_json
from relengotron.workflows.push import Push
from relengotron.workflows.trying import begun_anew

_LEFT: Final = "left behind since "
_LATE: Final = "caught up "
_LIVE: Final = "the rest is live"


@dataclass(frozen=True, slots=True)
class _Late:
    built: Built | None


def leave_behind_at_the_gate(push: Push, behind: Mapping[str, str]) -> None:
    """The push goes on without these; decided once, until something is ejected."""
    push.engine.remember(f"{_LEFT}{begun_anew(push)}", lambda: dict(behind))


def left_at_the_gate(push: Push) -> dict[str, str]:
    """By artifact why the gate was shut for it when the others went on."""
    decided = push.engine.decisions(_LEFT)
    found: dict[str, str] = decided.get(f"{_LEFT}{begun_anew(push)}", {}) if decided else {}
    return found


def live_since(push: Push) -> datetime:
    """When the rest of the push was live and told: from the first time that this is asked."""
    said: str = push.engine.remember(_LIVE, lambda: push.now().isoformat())
    return datetime.fromisoformat(said)


def is_the_rest_live(push: Push) -> bool:
    """Whether users have had this push for some time, and only what was left behind follows."""
    return push.engine.remembered(_LIVE) is not None


def has_caught_up(push: Push, artifact: str, built: Built | None) -> None:
    """An artifact that was left behind goes live after all; None: it turned out to be what users have."""
    push.engine.remember(f"{_LATE}{artifact}", lambda: to_json(_Late(built)))


def caught_up(push: Push) -> dict[str, Built | None]:
    """What is not left behind any more: what goes live now, None where it is what users have."""
    said = push.engine.decisions(_LATE)
    return {key.removeprefix(_LATE): from_json(_Late, each).built for key, each in said.items()}

"""What was seen when it was found that builds may move?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from relengotron.model.codec import from_json
from relengotron.workflows.gating.gate import GateRun

MAY_MOVE: Final = "ensure_builds_may_move"


@dataclass(frozen=True, slots=True)
class Allowed:
    """These builds were seen before the gate ``at`` that time; ``before`` has by package the latest in the target."""

    at: datetime
    builds: tuple[str, ...] = ()
    before: Mapping[str, str] = field(default_factory=dict)


def allowed(run: GateRun) -> Allowed | None:
    """What was seen by the step that looks whether they may, if it came to that."""
    step = run.engine.steps.get(MAY_MOVE)
    return None if step is None or step.output is None else from_json(Allowed, step.output)

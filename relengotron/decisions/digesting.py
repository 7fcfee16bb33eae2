"""What has changed at a gate since people were told, and is it time to tell them?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from relengotron.decisions.gating import VERDICTS
from relengotron.model.gate import GateAnswer, RequirementState, Verdict


@dataclass(frozen=True, slots=True)
class Changes:
    """What opened, what shut and what is waited for anew; a sentence for each requirement."""

    opened: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.opened or self.closed or self.waiting)

    def __str__(self) -> str:
        parts = {"opened": self.opened, "closed": self.closed, "waiting": self.waiting}
        return "; ".join(f"{what}: {', '.join(names)}" for what, names in parts.items() if names)

    @property
    def as_facts(self) -> dict[str, list[str]]:
        """As they are kept and told."""
        return {"opened": list(self.opened), "closed": list(self.closed), "waiting": list(self.waiting)}


def states_of(answer: GateAnswer) -> dict[str, str]:
    """By requirement what is known of it now: what is kept of an answer that was told."""
    return {_name(each.requirement.item, str(each.requirement)): str(each.state) for each in answer.reasons}


def changes(told: Mapping[str, str], answer: GateAnswer) -> Changes:
    """What is not as it was told; what nobody asks for any more is as good as open."""
    now = states_of(answer)
    fresh = {name: state for name, state in now.items() if _is_news(told.get(name), state)}
    by = {verdict: tuple(_told(n, s) for n, s in fresh.items() if _verdict(s) is verdict) for verdict in Verdict}
    gone = tuple(f"{_shown(n)} is not asked for any more" for n, state in told.items() if _matters(state, n, now))
    return Changes(by[Verdict.OPEN] + gone, by[Verdict.CLOSED], by[Verdict.WAITING])


def has_settled(changing_since: datetime, now: datetime, settle: timedelta) -> bool:
    """Whether a burst that began then is over, or has been waited for long enough."""
    return now - changing_since >= settle


def _is_news(told: str | None, state: str) -> bool:
    """A test that was queued and runs now is still waited for: that is no news."""
    if told is None or told == state:
        return told is None
    return Verdict.CLOSED is _verdict(state) or _verdict(told) is not _verdict(state)


def _matters(state: str, name: str, now: Mapping[str, str]) -> bool:
    return name not in now and _verdict(state) is not Verdict.OPEN


def _verdict(state: str) -> Verdict:
    return VERDICTS[RequirementState(state)]


def _name(item: str, words: str) -> str:
    """The bits are part of it: what is composed anew is judged anew."""
    return f"{words} [{item}]"


def _shown(name: str) -> str:
    return name.rpartition(" [")[0]


def _told(name: str, state: str) -> str:
    return f"{_shown(name)} {state}"

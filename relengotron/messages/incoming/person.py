"""What do people at the command line wish? Their wishes are stored like messages and never come from the bus."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StrictBool

from relengotron.messages.wire import Alias, BuildNvr, Identifier, Item, Person, ReleaseName, Sentence, Wire, read
from relengotron.model.events import (
    AppointmentWished,
    CancelWished,
    EjectionWished,
    GateClosingWished,
    GateOpeningWished,
    PassWished,
    QuarantineWished,
    RetryWished,
    RollbackWished,
    RolloutWished,
    WaiverWished,
    WithdrawalWished,
)
from relengotron.model.gated import WayOut
from relengotron.model.rollout import Wanted

WISHES = "relengotron.person."
MOST_PASSED = 1000


class _Retry(Wire):
    run: Identifier
    agent: Person


class _Cancel(Wire):
    run: Identifier
    agent: Person
    reason: Sentence


class _Rollback(_Cancel):
    untag: StrictBool


class _Ejection(Wire):
    run: Identifier
    agent: Person
    update: Alias
    reason: Sentence


class _Rollout(Wire):
    run: Identifier
    agent: Person
    artifact: Identifier
    wanted: Literal["pause", "resume", "finish"]
    reason: Sentence


def _moment(text: str) -> str:
    try:
        is_moment = datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        is_moment = False
    if not is_moment:
        raise ValueError("should be a time with its zone")
    return text


class _Withdrawal(Wire):
    run: Identifier
    agent: Person
    subject_type: Literal["koji_build", "koji_batch", "bodhi_update", "compose"]
    item: Item
    testcase: Item
    reason: Sentence


class _Waiver(_Withdrawal):
    scenario: Item | None
    product_version: Identifier
    until: Annotated[str, AfterValidator(_moment)] | None


class _GateOpening(Wire):
    gate: ReleaseName
    agent: Person
    reason: Sentence


class _GateClosing(_GateOpening):
    until: Annotated[str, AfterValidator(_moment)] | None


class _Pass(_GateOpening):
    builds: Annotated[list[BuildNvr], Field(min_length=1, max_length=MOST_PASSED)]


class _Quarantine(_GateOpening):
    build: BuildNvr
    way: Literal["release", "retry", "drop"]


class _Appointment(Wire):
    appointment: Identifier
    agent: Person


def retry_wished(body: Mapping[str, Any]) -> RetryWished:
    """Read the wish to try again."""
    wish = read(_Retry, body)
    return RetryWished(wish.run, wish.agent)


def rollback_wished(body: Mapping[str, Any]) -> RollbackWished:
    """Read the wish to go back to what was published before a run."""
    wish = read(_Rollback, body)
    return RollbackWished(wish.run, wish.agent, wish.reason, wish.untag)


def cancel_wished(body: Mapping[str, Any]) -> CancelWished:
    """Read the wish to call a run off."""
    wish = read(_Cancel, body)
    return CancelWished(wish.run, wish.agent, wish.reason)


def ejection_wished(body: Mapping[str, Any]) -> EjectionWished:
    """Read the wish to leave an update behind."""
    wish = read(_Ejection, body)
    return EjectionWished(wish.run, wish.agent, wish.update, wish.reason)


def rollout_wished(body: Mapping[str, Any]) -> RolloutWished:
    """Read the wish to pause, resume or finish a rollout."""
    wish = read(_Rollout, body)
    return RolloutWished(wish.run, wish.agent, wish.artifact, Wanted(wish.wanted), wish.reason)


def waiver_wished(body: Mapping[str, Any]) -> WaiverWished:
    """Read the wish to answer for a test."""
    wish = read(_Waiver, body)
    return WaiverWished(
        run=wish.run,
        agent=wish.agent,
        subject_type=wish.subject_type,
        item=wish.item,
        testcase=wish.testcase,
        scenario=wish.scenario,
        product_version=wish.product_version,
        reason=wish.reason,
        until=None if wish.until is None else datetime.fromisoformat(wish.until),
    )


def appointment_wished(body: Mapping[str, Any]) -> AppointmentWished:
    """Read the wish to have done now what the calendar does."""
    wish = read(_Appointment, body)
    return AppointmentWished(wish.appointment, wish.agent)


def withdrawal_wished(body: Mapping[str, Any]) -> WithdrawalWished:
    """Read the wish to take waivers back."""
    wish = read(_Withdrawal, body)
    return WithdrawalWished(wish.run, wish.agent, wish.subject_type, wish.item, wish.testcase, wish.reason)


def gate_closing_wished(body: Mapping[str, Any]) -> GateClosingWished:
    """Read the wish to close a gate."""
    wish = read(_GateClosing, body)
    until = None if wish.until is None else datetime.fromisoformat(wish.until)
    return GateClosingWished(wish.gate, wish.agent, wish.reason, until)


def gate_opening_wished(body: Mapping[str, Any]) -> GateOpeningWished:
    """Read the wish to open a gate."""
    wish = read(_GateOpening, body)
    return GateOpeningWished(wish.gate, wish.agent, wish.reason)


def pass_wished(body: Mapping[str, Any]) -> PassWished:
    """Read the wish to let builds through a gate."""
    wish = read(_Pass, body)
    return PassWished(wish.gate, wish.agent, tuple(dict.fromkeys(wish.builds)), wish.reason)


def quarantine_wished(body: Mapping[str, Any]) -> QuarantineWished:
    """Read the wish to let a build out of quarantine, to drop it, or to test it again."""
    wish = read(_Quarantine, body)
    return QuarantineWished(wish.gate, wish.agent, wish.build, WayOut(wish.way), wish.reason)

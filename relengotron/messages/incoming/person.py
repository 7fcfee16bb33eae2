"""What do people at the command line wish? Their wishes are stored like messages and never come from the bus."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator

from relengotron.messages.wire import Identifier, Item, Person, Sentence, Wire, read
from relengotron.model.events import CancelWished, RetryWished, WaiverWished, WithdrawalWished

WISHES = "relengotron.person."


class _Retry(Wire):
    run: Identifier
    agent: Person


class _Cancel(Wire):
    run: Identifier
    agent: Person
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
    subject_type: Literal["koji_build", "bodhi_update", "compose"]
    item: Item
    testcase: Item
    reason: Sentence


class _Waiver(_Withdrawal):
    scenario: Item | None
    product_version: Identifier
    until: Annotated[str, AfterValidator(_moment)] | None


def retry_wished(body: Mapping[str, Any]) -> RetryWished:
    """Read the wish to try again."""
    wish = read(_Retry, body)
    return RetryWished(wish.run, wish.agent)


def cancel_wished(body: Mapping[str, Any]) -> CancelWished:
    """Read the wish to call a run off."""
    wish = read(_Cancel, body)
    return CancelWished(wish.run, wish.agent, wish.reason)


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


def withdrawal_wished(body: Mapping[str, Any]) -> WithdrawalWished:
    """Read the wish to take waivers back."""
    wish = read(_Withdrawal, body)
    return WithdrawalWished(wish.run, wish.agent, wish.subject_type, wish.item, wish.testcase, wish.reason)

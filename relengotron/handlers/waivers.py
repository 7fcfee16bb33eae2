"""What the wishes of people about waivers lead to."""

from collections.abc import Iterable

from relengotron.model.events import WaiverWished, WithdrawalWished
from relengotron.model.intents import Intent, Waive, WithdrawWaiver


def wished(event: WaiverWished) -> Iterable[Intent]:
    """Keep the waiver."""
    yield Waive(
        run=event.run,
        agent=event.agent,
        subject_type=event.subject_type,
        item=event.item,
        testcase=event.testcase,
        scenario=event.scenario,
        product_version=event.product_version,
        reason=event.reason,
        until=event.until,
    )


def withdrawal_wished(event: WithdrawalWished) -> Iterable[Intent]:
    """Take the waivers back."""
    yield WithdrawWaiver(event.run, event.agent, event.subject_type, event.item, event.testcase, event.reason)

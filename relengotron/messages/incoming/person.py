"""What do people at the command line wish? Their wishes are stored like messages and never come from the bus."""

from collections.abc import Mapping
from typing import Any

from relengotron.messages.wire import Identifier, Person, Sentence, Wire, read
from relengotron.model.events import CancelWished, RetryWished

WISHES = "relengotron.person."


class _Retry(Wire):
    run: Identifier
    agent: Person


class _Cancel(Wire):
    run: Identifier
    agent: Person
    reason: Sentence


def retry_wished(body: Mapping[str, Any]) -> RetryWished:
    """Read the wish to try again."""
    wish = read(_Retry, body)
    return RetryWished(wish.run, wish.agent)


def cancel_wished(body: Mapping[str, Any]) -> CancelWished:
    """Read the wish to call a run off."""
    wish = read(_Cancel, body)
    return CancelWished(wish.run, wish.agent, wish.reason)

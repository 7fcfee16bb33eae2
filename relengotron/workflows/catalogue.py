"""Every procedure that exists; adding one here gives it plans, progress, undo and crash tests."""

from collections.abc import Callable, Mapping
from typing import Final

from relengotron.engine.attempt import Attempt
from relengotron.engine.workflow import Catalogue
from relengotron.workflows import push_updates, receive_push
from relengotron.workflows.push import Push
from relengotron.workflows.receive_push import Reception

PROMISES: Final[Mapping[str, Mapping[str, str]]] = {
    push_updates.NAME: push_updates.PROMISES,
    receive_push.NAME: receive_push.PROMISES,
}
"""By workflow every step in order, and what holds once it is done."""


def catalogue(open_push: Callable[[Attempt], Push], open_reception: Callable[[Attempt], Reception]) -> Catalogue:
    """Every workflow by its name."""
    procedures = (push_updates.push_updates(open_push), receive_push.receive_push(open_reception))
    return {procedure.name: procedure for procedure in procedures}

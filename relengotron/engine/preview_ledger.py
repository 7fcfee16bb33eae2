"""The rows of a gate for somebody who only looks."""

from collections.abc import Callable
from typing import NoReturn

from sqlalchemy import Connection

from relengotron.engine.ledger import Ledger
from relengotron.errors import RequestRefused


class LedgerInView(Ledger):
    """Reading works; whoever writes is refused."""

    def write(self, _write: Callable[[Connection], object]) -> NoReturn:
        """Refuse."""
        raise RequestRefused(f"a plan changes nothing, and was asked to write about gate {self.gate}")

"""What process tests share."""

from pathlib import Path

import pytest

from tests.conftest import Tell
from tests.postgres import postgres_server, postgres_url
from tests.process.account import Account, account_of
from tests.process.labs import ROOT
from tests.rabbitmq import rabbitmq

__all__ = ["postgres_server", "postgres_url", "rabbitmq"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Chaos takes minutes and must be asked for."""
    if "chaos" in config.getoption("markexpr"):
        return
    chaos = [item for item in items if item.get_closest_marker("chaos") is not None]
    if chaos:
        config.hook.pytest_deselected(items=chaos)
        items[:] = [item for item in items if item not in set(chaos)]


@pytest.fixture(scope="session")
def packages() -> Path:
    """RPMs are built once for all labs of a checkout, `make demo` included."""
    return ROOT / ".lab" / "packages"


@pytest.fixture
def account(request: pytest.FixtureRequest, tell: Tell) -> Account:
    """To be called at the end with how many messages were sent, lost and doubled."""
    return account_of(request.node.name, tell)

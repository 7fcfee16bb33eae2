"""What every test may use, and what the run says at its end."""

import gc
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, inspect

from relengotron.engine.journal import migrating

Tell = Callable[[str], None]

gc.set_threshold(100_000, 20, 100)  # looking for circles in what five thousand tests leave is a twentieth of the time


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Tell:
    """Say a figure or a count at the end of the run, also when other processes run the tests."""
    return lambda text: record_property("told", text.strip())


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what the tests told."""
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    told = [
        value
        for report in reports
        if getattr(report, "when", None) == "call"
        for name, value in report.user_properties
        if name == "told"
    ]
    if told:
        terminalreporter.section("measured and counted")
        for text in sorted(told):
            terminalreporter.write_line(text)


@pytest.fixture(scope="session", autouse=True)
def _tables_are_written_as_the_migrations_wrote_them_once() -> Iterator[None]:
    """A journal of its own for each of two thousand tests: walking every migration is most of what that costs."""
    walked = migrating._upgrade
    written: list[str] = []

    def upgrade(connection: Connection) -> None:
        if connection.dialect.name != "sqlite" or inspect(connection).get_table_names():
            walked(connection)
        elif written:
            for statement in written:
                connection.exec_driver_sql(statement)
        else:
            walked(connection)
            made = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rootpage")
            written.extend(statement for (statement,) in made)
            written.append(f"INSERT INTO alembic_version VALUES ('{migrating.NEWEST}')")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrating, "_upgrade", upgrade)
        yield

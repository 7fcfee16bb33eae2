"""What every test may use, and what the run says at its end."""

import gc
from collections.abc import Callable
from typing import Any

import pytest

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

"""Does a line of the log hold the facts, and is it one line whatever strangers wrote?"""

import logging
import logging.config
from typing import Any

import pytest

from relengotron.lab.fedmsg_d import LOGGING
from relengotron.logbook import FactsBeside
from tests.process.configured import shipped_logging


def line(sentence: str, **facts: object) -> str:
    record = logging.makeLogRecord({"msg": sentence, "levelname": "INFO", **facts})
    return FactsBeside("%(levelname)s %(message)s").format(record)


def test_facts_stand_beside_the_sentence() -> None:
    assert line("tagging build", build="bash-4.3", tag="f24") == "INFO tagging build build=bash-4.3 tag=f24"


@pytest.mark.parametrize(
    ("hostile", "written"),
    [
        ("a\n2026 CRITICAL relengotron: b", r"a\n2026 CRITICAL relengotron: b"),
        ("\x1b[2J\r\0", r"\x1b[2J\r\x00"),
        ("\u2028 \u202e \ud800", r"\u2028 \u202e \ud800"),
        ('{"msg": "caf\u00e9 \\n"}', '{"msg": "caf\u00e9 \\n"}'),
    ],
)
def test_a_fact_never_breaks_its_line(hostile: str, written: str) -> None:
    assert line("message lost", raw=hostile) == f"INFO message lost raw={written}"


def test_facts_stand_before_a_traceback() -> None:
    trouble = ValueError("why")
    lines = line("message lost", raw="text", exc_info=(ValueError, trouble, None)).splitlines()
    assert lines == ["INFO message lost raw=text", "ValueError: why"]


@pytest.mark.parametrize("configured", [shipped_logging(), LOGGING])
def test_the_hubs_that_we_ship_write_facts(configured: dict[str, Any]) -> None:
    configurator = logging.config.DictConfigurator(configured)
    (formatter,) = configured["formatters"].values()
    assert isinstance(configurator.configure_formatter(dict(formatter)), FactsBeside)

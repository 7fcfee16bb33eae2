"""Who tests what was composed? Taskotron's part in the lab: it hears of composes, tests the very bits, and says so."""

from relengotron.lab.tester.compose import COMPOSE_TESTCASE, Compose
from relengotron.lab.tester.tester import Tester

__all__ = ["COMPOSE_TESTCASE", "Compose", "Tester"]

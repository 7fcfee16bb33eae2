"""What did the reader find, fact by fact?"""

import subprocess
import xmlrpc.client
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import createrepo_c
import requests


class Wrong(Exception):
    """The reader found something else than he should."""


_ANSWERED_AS_WRONG = (
    Wrong,
    OSError,
    ValueError,
    KeyError,
    requests.RequestException,
    subprocess.SubprocessError,
    xmlrpc.client.Error,
    createrepo_c.CreaterepoCError,
)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: where, whether it is right, and what was seen."""

    subject: str
    passed: bool
    fact: str

    def __str__(self) -> str:
        return f"{'✔' if self.passed else '✘'} {self.subject}: {self.fact}"


@dataclass(frozen=True, slots=True)
class Report:
    """Every check, in the order of reading."""

    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether there was something to check, and all of it was right."""
        return bool(self.checks) and all(check.passed for check in self.checks)

    def as_json(self) -> dict[str, Any]:
        """The same for machines."""
        return {"passed": self.passed, "checks": [asdict(check) for check in self.checks]}


def judged(subject: str, question: Callable[[], str]) -> Check:
    """Ask, and take whatever goes wrong on the way for a wrong answer."""
    try:
        return Check(subject, True, question())
    except _ANSWERED_AS_WRONG as wrong:
        return Check(subject, False, " ".join(f"{_named(wrong)}{wrong}".split()))


def _named(wrong: BaseException) -> str:
    return "" if isinstance(wrong, Wrong) else f"{type(wrong).__name__}: "

"""What do we ask of a place where test results are kept?"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Protocol

Data = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class TestResult:
    """One stored outcome of one test case for one item; ``submitted`` is in UTC."""

    __test__: ClassVar[bool] = False

    id: int
    testcase: str
    outcome: str
    item: str
    type: str
    submitted: datetime
    ref_url: str
    note: str
    groups: tuple[str, ...]
    data: Data


@dataclass(frozen=True, slots=True)
class NewResult:
    """An outcome to store; ``data`` names its ``item`` and ``type``, the group is that of our run."""

    testcase: str
    outcome: str
    group: str
    group_description: str = ""
    note: str = ""
    ref_url: str = ""
    data: Data = field(default_factory=dict)


class ResultsDb(Protocol):
    """Five questions and one effect."""

    def store(self, result: NewResult) -> TestResult:
        """The result is stored once, however often this is repeated with the same group, test case and item."""
        ...

    def results_for(self, items: Collection[str], testcases: Collection[str]) -> tuple[TestResult, ...]:
        """Every result of these items, newest first; no test cases means all of them."""
        ...

    def results_since(
        self, when: datetime, *, groups: Collection[str] = (), items: Collection[str] = ()
    ) -> tuple[TestResult, ...]:
        """Every result submitted at or after this moment, narrowed by groups or items, newest first."""
        ...

    def outcomes(self) -> frozenset[str]:
        """The outcomes this server accepts."""
        ...

    def identity(self) -> str:
        """Which server this is."""
        ...

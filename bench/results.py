"""How is a measure written down? One JSON object a line, as in bench/results.jsonl."""

import json
import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

RESULTS = Path(__file__).parent / "results.jsonl"


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure; ``target`` is the most (or, where ``more_is_better``, the least) that is promised."""

    name: str
    value: float | None
    unit: str
    target: float | None = None
    more_is_better: bool = False
    compared_to: str | None = None
    ratio: float | None = None
    note: str | None = None

    @classmethod
    def untold(cls, name: str, why: str) -> Self:
        """A figure that this machine cannot give, and the sentence that says why."""
        return cls(name, None, "", note=why)

    @property
    def is_met(self) -> bool | None:
        """Whether the target is met; None where there is none, or no figure."""
        if self.target is None or self.value is None:
            return None
        return self.value >= self.target if self.more_is_better else self.value <= self.target

    def as_json(self) -> dict[str, Any]:
        """The line; what says nothing is left out."""
        value = None if self.value is None else round(self.value, 4)
        line = {"name": self.name, "value": value, "unit": self.unit or None, "target": self.target}
        line |= {"compared_to": self.compared_to, "ratio": None if self.ratio is None else round(self.ratio, 3)}
        line |= {"is_met": self.is_met, "note": self.note}
        return {key: value for key, value in line.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Noise:
    """How restless the machine was: the same small piece of work again and again, and how long it took."""

    median_ms: float
    p99_ms: float
    load: float

    def __str__(self) -> str:
        spread = self.p99_ms / self.median_ms
        cpus = len(os.sched_getaffinity(0))
        return f"{cpus} CPUs, load {self.load:.1f}, fixed work of {self.median_ms:.1f} ms: p99 {spread:.2f} times that"


def noise_of_the_machine(rounds: int = 200) -> Noise:
    """Measure a fixed piece of work; on an idle machine its p99 is close to its median."""
    took = [timed(lambda: sum(number * number for number in range(40_000))) * 1000 for _ in range(rounds)]
    return Noise(statistics.median(took), percentile(took, 99), os.getloadavg()[0])


def timed(work: Callable[[], object]) -> float:
    """How long it takes, in seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, min(len(ordered) - 1, -(-len(ordered) * percent // 100).__int__() - 1))]


def write(measures: Sequence[Measure], machine: str) -> None:
    """Append the measures of one round, with what the machine was like."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    with RESULTS.open("a", encoding="utf-8") as file:
        for measure in measures:
            file.write(json.dumps({**measure.as_json(), "at": stamp, "machine": machine}) + "\n")


def show(measure: Measure) -> None:
    """One line for the reader, or two."""
    if measure.value is None:
        print(f"       {measure.name} is not told: {measure.note}", flush=True)
        return
    mark = {True: "met   ", False: "MISSED", None: "      "}[measure.is_met]
    target = (
        "" if measure.target is None else f" (target {'>=' if measure.more_is_better else '<='} {measure.target:g})"
    )
    peer = "" if measure.ratio is None else f" = {measure.ratio:.2f} x {measure.compared_to}"
    print(f"{mark} {measure.name} = {measure.value:.4g} {measure.unit}{target}{peer}", flush=True)
    if measure.note:
        print(f"         {measure.note}", flush=True)

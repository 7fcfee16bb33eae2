"""A stage for each story; whatever happens on it, our messages keep to their schemas."""

import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import koji
import pytest
from jsonschema import Draft202012Validator

from relengotron.messages import schemas
from tests.crash.moments import a_place
from tests.stage.gate_stage import GateStage
from tests.stage.stage import Stage

MakeStage = Callable[..., Stage]
MakeGate = Callable[..., GateStage]


@cache
def validator_of(topic: str) -> Draft202012Validator:
    return Draft202012Validator(schemas.schema_of(topic))


@pytest.fixture(autouse=True)
def nobody_really_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Koji's client waits a second before it asks again; no story needs a disk that really spins."""
    monkeypatch.setattr(koji.time, "sleep", lambda _seconds: None)
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder in memory where there is such a thing: to make and remove its files takes a tenth of the time."""
    with a_place() as found:
        yield found


@pytest.fixture
def make_stage(place: Path) -> Iterator[MakeStage]:
    """Open stages; in the end every message that was sent is checked."""
    opened: list[Stage] = []

    def make(*updates: Any, **options: Any) -> Stage:
        opened.append(Stage(place / str(len(opened)), updates, **options))
        return opened[-1]

    yield make
    for stage in opened:
        stage.close()
        check_schemas(stage)


@pytest.fixture
def make_gate(place: Path) -> Iterator[MakeGate]:
    """Open stages with a gate in front of rawhide; in the end every message that was sent is checked."""
    opened: list[GateStage] = []

    def make(**options: Any) -> GateStage:
        opened.append(GateStage(place / str(len(opened)), **options))
        return opened[-1]

    yield make
    for stage in opened:
        stage.close()
        check_schemas(stage)


def check_schemas(stage: Stage) -> None:
    """Every message that was sent is what its schema says."""
    for body in stage.said():
        topic = body.pop("topic")
        validator_of(topic).validate(body)

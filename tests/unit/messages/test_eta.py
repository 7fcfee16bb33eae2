"""How is an ETA told to others?"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from relengotron.messages import outgoing as out
from relengotron.messages.eta import told
from relengotron.messages.schemas import schema_of
from relengotron.model.estimate import Estimate, Eta, Scope

FACTS = out.RunFacts("r1", "F24", "testing", datetime(2016, 6, 1, tzinfo=UTC), step="ensure_x")
ETAS = {
    "known": Eta(Estimate(720.04, 480, 1200, 14), Scope.REQUEST),
    "in part": Eta(Estimate(720, 480, 1200, 14), Scope.LANE, ("ensure_y",), slower_than=14),
    "no history": Eta(None, Scope.ANY, ("ensure_x", "ensure_y")),
    "over": None,
}
BUILT: dict[str, Callable[[Eta | None], out.OutgoingMessage]] = {
    "push.start": lambda eta: out.push_start(FACTS, [], eta=eta),
    "push.step": lambda eta: out.push_step(FACTS, "running", eta=eta),
    "artifact.compose.start": lambda eta: out.artifact_compose_start(
        FACTS, "tree", kind="ostree", koji_task_id=7, reason="bash changed", eta=eta
    ),
}


@pytest.mark.parametrize("eta", ETAS.values(), ids=list(ETAS))
@pytest.mark.parametrize("topic", BUILT)
def test_every_eta_keeps_to_the_schema_and_says_nothing_beside_it(topic: str, eta: Eta | None) -> None:
    schema, body = schema_of(topic), BUILT[topic](eta).body
    Draft202012Validator(schema).validate(body)
    inner = schema["properties"]["eta"]
    assert body["eta"] is None or set(body["eta"]) == set(inner["properties"]) == set(inner["required"])


def test_an_eta_holds_numbers_and_words() -> None:
    assert told(ETAS["known"]) == {
        "text": "about 12 min (8 to 20 min, from 14 runs of other releases)",
        "median_s": 720.0,
        "low_s": 480,
        "high_s": 1200,
        "runs": 14,
        "scope": "request",
        "overdue": False,
        "unknown": [],
    }


def test_no_history_is_told_in_words_and_without_numbers() -> None:
    body = told(ETAS["no history"]) or {}
    assert (body["text"], body["median_s"], body["runs"], body["scope"]) == ("no history", None, 0, None)
    assert body["unknown"] == ["ensure_x", "ensure_y"]


def test_an_eta_of_half_a_shape_is_none() -> None:
    body: dict[str, Any] = dict(BUILT["push.step"](ETAS["known"]).body)
    body["eta"] = {"text": "about 12 min"}
    with pytest.raises(ValidationError):
        Draft202012Validator(schema_of("push.step")).validate(body)

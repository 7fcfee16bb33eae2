"""What do the messages of a gate say of a build?"""

from datetime import UTC, datetime, timedelta

import pytest

from relengotron.messages import gate, gate_build
from relengotron.model.gated import BuildState, Closing, GatedBuild, Pass
from relengotron.model.upstream_news import UpstreamNews

NOW = datetime(2016, 6, 18, 2, 41, tzinfo=UTC)
FACTS = gate.GateFacts("rawhide", ("rawhide-pending", "rawhide", "rawhide-badnewsbears"), NOW)
ROW = GatedBuild(
    "rawhide", "bash-4.4-1.fc25", "bash", "0", "ooprala", BuildState.TESTING, "b", "", NOW, NOW, 2, "side-7"
)


def test_a_build_is_told_as_the_gate_knows_it() -> None:
    news = UpstreamNews("bash", "4.4", NOW, "4.3", bug=7)
    body = gate_build.accepted(FACTS, gate.BuildFacts.of(ROW, news), "it is good", before="bash-4.3-1.fc25").body
    told = ("bash-4.4-1.fc25", "bash", "ooprala", "side-7", 2)
    assert tuple(body[key] for key in ("nvr", "package", "packager", "side_tag", "tries")) == told
    assert body["upstream"]["sentence"] == "update of bash from 4.3 to 4.4, found upstream on 2016-06-18"
    assert (body["pending"], body["target"], body["quarantine"]) == FACTS.tags


def test_nobody_is_named_where_koji_names_nobody() -> None:
    assert gate_build.gone(FACTS, gate.BuildFacts("bash-4.4-1.fc25", "bash", ""), "it left").body["packager"] is None


@pytest.mark.parametrize(("since", "age"), [(NOW - timedelta(days=1), 86_400.0), (NOW + timedelta(hours=1), 0.0)])
def test_an_age_is_never_less_than_nothing(since: datetime, age: float) -> None:
    body = gate_build.released(FACTS, gate.BuildFacts.of(ROW), "it is good", agent=None, since=since).body
    assert body["age_s"] == age


def test_the_last_of_those_who_let_a_build_through_is_the_news() -> None:
    passes = [Pass("rawhide", ROW.nvr, who, f"{who} wants it", NOW) for who in ("adamw", "kevin")]
    body = gate.passed_by_people(FACTS, gate.BuildFacts.of(ROW), passes, is_enough=True).body
    assert (body["agent"], body["people"], body["reason"]) == ("kevin", ["adamw", "kevin"], "kevin wants it")


def test_who_opens_a_gate_ends_what_others_had_closed() -> None:
    closings = [Closing("rawhide", who, "mass rebuild", NOW) for who in ("kevin", "adamw", "kevin")]
    assert gate.gate_opened(FACTS, "ralph", None, closings).body["closed_by"] == ["adamw", "kevin"]

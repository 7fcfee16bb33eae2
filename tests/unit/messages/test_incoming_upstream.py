"""What do the monitors of upstream projects mean to us?"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from relengotron.errors import MalformedInput
from relengotron.messages.envelope import Envelope
from relengotron.messages.incoming import PARSERS, understand
from relengotron.model.events import Ignored, UpstreamReleased
from tests.unit.messages.builders import BODIES, an_envelope

CORPUS = Path(__file__).parents[2] / "corpus" / "messages.jsonl"
RELEASED, FILED = "anitya.project.version.update", "hotness.update.bug.file"
FOLLOWED, DROPPED = "hotness.update.bug.followup", "hotness.update.drop"
NESTED, FLAT = BODIES[RELEASED]
TRIGGER = {"topic": f"org.fedoraproject.prod.{RELEASED}", "msg": NESTED}


def meaning(suffix: str, body: Any) -> object:
    return understand(an_envelope(suffix, body))


def test_since_2014_a_version_stands_under_message() -> None:
    page = "https://release-monitoring.org/project/2/"
    assert meaning(RELEASED, NESTED) == UpstreamReleased(("2ping",), "2.1.1", "2.1.0", page)


def test_before_that_it_stood_flat_and_nothing_was_there_before_the_first_one() -> None:
    page = "https://release-monitoring.org/project/22/"
    assert meaning(RELEASED, FLAT) == UpstreamReleased(("adf-accanthis-fonts",), "20101124", None, page)


def test_names_of_other_distributions_may_be_anything_and_are_not_ours() -> None:
    told = NESTED["message"] | {"packages": [{"distro": "Gentoo", "package_name": "net-misc/../2ping"}]}
    assert meaning(RELEASED, {"message": told}) == Ignored("a version of a project that is no package of ours")


def test_a_name_of_ours_that_is_none_is_malformed() -> None:
    told = NESTED["message"] | {"packages": [{"distro": "Fedora", "package_name": "../2ping"}]}
    with pytest.raises(MalformedInput, match=r"msg\.packages: should be package names"):
        meaning(RELEASED, {"message": told})


def test_a_bug_was_filed_for_a_version() -> None:
    page = "https://release-monitoring.org/project/2/"
    filed = {"trigger": TRIGGER, "bug": {"bug_id": 1143475}}
    assert meaning(FILED, filed) == UpstreamReleased(("2ping",), "2.1.1", "2.1.0", page, 1143475)


def test_a_version_is_news_although_nobody_wants_a_bug_for_it() -> None:
    seen = meaning(DROPPED, {"trigger": TRIGGER, "reason": "pkgdb"})
    assert isinstance(seen, UpstreamReleased)
    assert seen.bug is None


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        ("buildsys.task.state.change", {"srpm": "perl-Makefile-DOM-0.007-1.el7.src.rpm", "new": "CLOSED"}),
        ("buildsys.build.state.change", {"name": "perl-Makefile-DOM", "version": "0.007", "release": "1.fc21"}),
    ],
)
def test_a_build_that_was_tried_for_a_bug_names_the_version(topic: str, body: dict[str, Any]) -> None:
    tried = {"trigger": {"topic": f"org.fedoraproject.prod.{topic}", "msg": body}, "bug": {"bug_id": 7}}
    assert meaning(FOLLOWED, tried) == UpstreamReleased(("perl-Makefile-DOM",), "0.007", None, None, 7)


def test_a_project_that_gets_the_name_of_a_package_has_a_version_already() -> None:
    body = {"distro": {"name": "Fedora"}, "message": {"new": "guake"}, "project": {"id": 5311, "version": "0.5.0"}}
    trigger = {"topic": "org.release-monitoring.prod.anitya.project.map.new", "msg": body}
    seen = meaning(FILED, {"trigger": trigger, "bug": {"bug_id": 7}})
    assert seen == UpstreamReleased(("guake",), "0.5.0", None, "https://release-monitoring.org/project/5311/", 7)

    for changed in ({"distro": {"name": "Arch"}}, {"project": {"id": 5311, "version": None}}):
        trigger["msg"] = body | changed
        assert isinstance(meaning(FILED, {"trigger": trigger, "bug": {"bug_id": 7}}), Ignored)


def test_what_made_it_act_may_be_nothing_that_tells_of_a_version() -> None:
    trigger = {"topic": "org.fedoraproject.prod.pkgdb.package.new", "msg": {}}
    assert isinstance(meaning(FILED, {"trigger": trigger, "bug": {"bug_id": 7}}), Ignored)


def test_a_mistake_inside_what_made_it_act_is_named_with_where_it_is() -> None:
    trigger = {"topic": "org.fedoraproject.prod.buildsys.task.state.change", "msg": {"srpm": "../x.src.rpm"}}
    with pytest.raises(MalformedInput, match=r"msg\.trigger: msg\.srpm"):
        meaning(FOLLOWED, {"trigger": trigger, "bug": {"bug_id": 7}})


def test_every_recorded_message_of_the_monitors_that_we_act_on_leads_to_a_version() -> None:
    recorded = [Envelope.read(json.loads(line)) for line in CORPUS.read_text(encoding="utf-8").splitlines()]
    ours = [each for each in recorded if each.suffix in PARSERS and each.category in ("anitya", "hotness")]
    assert all(isinstance(understand(each), UpstreamReleased) for each in ours)
    assert Counter(each.category for each in ours) == {"anitya": 3, "hotness": 2}

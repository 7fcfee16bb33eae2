import json
from typing import Any

import pytest

from relengotron.errors import MalformedInput
from relengotron.handlers.routes import route, unread
from relengotron.messages.incoming import understand
from relengotron.model.events import Ignored, RelationsChanged
from relengotron.model.intents import Doubt, Wake
from relengotron.model.outcome import Watch
from tests.unit.messages.builders import a_component, a_relationship, an_envelope

RELATIONSHIPS, COMPONENTS = "pdc.release-component-relationships", "pdc.release-components"
RELEASE = "fedora-24-updates"


def meaning(suffix: str, old: Any = None, new: Any = None) -> object:
    return understand(an_envelope(suffix, {"old_value": old, "new_value": new, "url": None, "author": "pdc-updater"}))


def test_a_relationship_is_about_the_package_that_is_contained() -> None:
    row = a_relationship("atomic-host", "bash")
    about_bash = RelationsChanged(RELEASE, ("bash",), ("OSTreeIncludesRPM",))

    assert meaning(f"{RELATIONSHIPS}.added", new=row) == about_bash
    assert meaning(f"{RELATIONSHIPS}.removed", old=row) == about_bash
    assert meaning(f"{RELATIONSHIPS}.removed", old=json.dumps(row)) == about_bash
    assert meaning(f"{RELATIONSHIPS}.changed", old=row, new=a_relationship("atomic-host", "dash")) == RelationsChanged(
        RELEASE, ("bash", "dash"), ("OSTreeIncludesRPM",)
    )


def test_a_relationship_that_goes_from_one_release_to_another_is_about_both() -> None:
    old, new = (a_relationship("atomic-host", "bash", release) for release in (RELEASE, "fedora-25-updates"))

    assert meaning(f"{RELATIONSHIPS}.changed", old, new) == RelationsChanged(None, ("bash",), ("OSTreeIncludesRPM",))


def test_a_package_that_is_renamed_or_gone_is_doubted_by_name_and_an_artifact_with_all_it_contains() -> None:
    bash, host = a_component("bash"), a_component("atomic-host", "ostree")

    assert meaning(f"{COMPONENTS}.removed", old=bash) == RelationsChanged(RELEASE, ("bash",))
    assert meaning(f"{COMPONENTS}.changed", bash, a_component("sh")) == RelationsChanged(RELEASE, ("bash", "sh"))
    assert meaning(f"{COMPONENTS}.removed", old=host) == RelationsChanged(RELEASE)
    assert meaning(f"{COMPONENTS}.changed", host, a_component("host", "ostree")) == RelationsChanged(RELEASE)


def test_a_component_whose_branch_or_life_changes_contains_what_it_did() -> None:
    bash = a_component("bash")

    assert isinstance(meaning(f"{COMPONENTS}.changed", bash, bash | {"active": False}), Ignored)


def test_a_type_of_relationship_with_another_name_makes_everything_doubtful() -> None:
    assert meaning("pdc.component-relationship-types.removed", old={"id": 1, "name": "X"}) == RelationsChanged(None)


@pytest.mark.parametrize("topic", ["pdc.compose", "pdc.rpms", f"{RELATIONSHIPS}.guessed", f"{COMPONENTS}.added"])
def test_other_news_of_pdc_is_left_alone(topic: str) -> None:
    assert isinstance(meaning(topic), Ignored)


@pytest.mark.parametrize(
    "row",
    [
        None,
        "",
        "{",
        "[]",
        7,
        [],
        {},
        a_relationship("atomic-host", "bash") | {"to_component": {"id": 3}},
        a_relationship("atomic-host", "../bash"),
        a_relationship("atomic-host", "bash", "x" * 400),
        [a_relationship("atomic-host", "bash")],
    ],
)
def test_what_cannot_be_read_is_put_aside_and_makes_everything_doubtful(row: Any) -> None:
    with pytest.raises(MalformedInput, match=r"^pdc\.release-component-relationships\.added: "):
        meaning(f"{RELATIONSHIPS}.added", new=row)
    assert list(unread(f"org.fedoraproject.prod.{RELATIONSHIPS}.added")) == [Doubt(None)]
    assert list(unread("org.fedoraproject.prod.buildsys.tag")) == []


def test_news_leads_to_a_doubt_and_wakes_who_waits_for_the_release() -> None:
    narrow, wide = RelationsChanged(RELEASE, ("bash",), ("Contains",)), RelationsChanged(None)

    assert list(route(narrow, "2016-1")) == [
        Doubt(RELEASE, ("bash",), ("Contains",)),
        Wake(Watch("pdc.release", RELEASE)),
    ]
    assert list(route(wide, "2016-1")) == [Doubt(None)]

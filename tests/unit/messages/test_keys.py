import pytest

from relengotron.messages.incoming import understand
from relengotron.messages.keys import business_key
from relengotron.model.events import Ignored
from tests.unit.messages.builders import BODIES, an_envelope


def key_of(suffix: str, number: int = 0, **changed: object) -> str | None:
    event = understand(an_envelope(suffix, BODIES[suffix][number] | changed))
    assert not isinstance(event, Ignored)
    return business_key(event)


def test_the_same_news_has_the_same_key_whoever_tells_it() -> None:
    assert key_of("taskotron.result.new") == "result:7"
    assert key_of("resultsdb.result.new", id=7) == "result:7"
    assert key_of("relengotron.push.request") == "push.request:push-1"
    assert key_of("buildsys.task.state.change") == "task:14300012:CLOSED"


def test_every_rpm_of_a_build_is_news_of_its_own() -> None:
    assert key_of("buildsys.rpm.sign", 0) != key_of("buildsys.rpm.sign", 1)


@pytest.mark.parametrize(
    "suffix",
    ["buildsys.tag", "buildsys.untag", "bodhi.masher.start", "bodhi.composer.start", "bodhi.update.edit", "gilmsg.ack"],
)
def test_what_can_truly_happen_twice_has_no_key(suffix: str) -> None:
    assert key_of(suffix) is None


def test_a_task_may_be_opened_twice() -> None:
    assert key_of("buildsys.task.state.change", new="OPEN", old="FREE") is None

"""A retry that a person orders gives each artifact one try, and not those that were never begun besides."""

from relengotron.model.run import RunState
from tests.builders import an_update
from tests.stories.conftest import MakeStage

REPO, TREE = "f24-updates-testing", "atomic-host"


def test_what_was_held_before_its_first_try_is_tried_once_when_people_let_it_go_on(make_stage: MakeStage) -> None:
    stage = make_stage()
    stage.first_push()
    stage.outside.builder.words.requires["bash-4.3.42"] = ["libghost.so"]
    push = stage.push_out(an_update("bash-4.3.42-5.fc24"))
    stage.outside.builder.trouble[TREE] = "no space on the builder"

    stage.wish("retry", push)
    stage.run_until_quiet()

    assert stage.push(push.lane).state is RunState.HELD
    assert stage.composed(push) == [REPO, TREE]

    stage.outside.builder.trouble.clear()
    stage.wish("retry", push)
    stage.run_until_quiet()

    assert stage.push(push.lane).state is RunState.DONE
    assert stage.composed(push)[:3] == [REPO, TREE, TREE]

"""A plugin that cannot say what is live of a repo holds the push for people; it does not end it."""

from relengotron.model.artifact import Artifact, Built
from relengotron.model.run import RunState, StepState
from relengotron.plugins.image import ImagePlugin
from relengotron.plugins.mash import MashPlugin
from relengotron.plugins.ostree import OstreePlugin
from relengotron.sdk import Workbench
from relengotron.systems.mischief import Kind, Rule
from tests.builders import an_update
from tests.stage.stage import Stage
from tests.stories.conftest import MakeStage

FIRST = an_update("bash-4.3.42-5.fc24")


class Blind(MashPlugin):
    """It mashes well, and breaks when it is asked what users have."""

    def live(self, artifact: Artifact, bench: Workbench) -> Built | None:
        raise RuntimeError("no eyes")


def is_mashed(stage: Stage) -> bool:
    pushes = stage.runs("push_updates")
    return bool(pushes) and stage.steps(pushes[-1]).get("ensure_repos_are_mashed") is StepState.DONE


def test_the_push_waits_for_a_mended_plugin_with_everything_it_has_moved(make_stage: MakeStage) -> None:
    stage, others = make_stage(FIRST), (OstreePlugin(), ImagePlugin())
    stage.outside.pdc.misbehave(Rule(Kind.REFUSED, times=None))
    stage.start_push()
    stage.turn_until(lambda: is_mashed(stage))
    stage.outside.pdc.behave()
    stage.install(Blind(), *others)
    stage.wait(minutes=10)

    held = stage.push("F24/testing")
    assert held.state is RunState.HELD, held.reason
    assert "no eyes" in held.reason

    stage.install(MashPlugin(), *others)
    stage.wish("retry", held)
    stage.run_until_quiet()

    assert stage.push("F24/testing").state is RunState.DONE

"""What does a workflow get to see of a plugin that breaks in the middle of a push?"""

from typing import Any, ClassVar

import pytest

from relengotron.errors import PluginBroken, RelengError, RequestRefused, SystemUnreachable
from relengotron.model.artifact import Artifact, Built, Plan, Published
from relengotron.plugins.mash import MashPlugin
from relengotron.sdk.artifact import Changes
from relengotron.sdk.discovery import Plugins
from relengotron.sdk.guarding import Guarded

ARTIFACT = Artifact("f24-updates", "stranger", "F24", ("x86_64",), "updates/24")
PLAN = Plan(ARTIFACT, "out", ("make it",))
BUILT = Built("f24-updates", "stranger", "one", "out", None)
PUBLISHED = Published("f24-updates", "one", {})
BENCH: Any = None


class Stranger(MashPlugin):
    """Raises, or answers, what it is told to, whatever it is asked."""

    kind: ClassVar[str] = "stranger"

    def __init__(self, behaviour: object) -> None:
        for verb in ("affected_by", "plan", "compose", "live", "publish", "probe", "withdraw", "retire"):
            setattr(self, verb, lambda *_words: self._behave(behaviour))

    @staticmethod
    def _behave(behaviour: object) -> object:
        if isinstance(behaviour, BaseException):
            raise behaviour
        return behaviour


def _ask(plugin: Guarded, verb: str) -> object:
    words: dict[str, tuple[Any, ...]] = {
        "affected_by": (ARTIFACT, Changes((), frozenset())),
        "plan": (ARTIFACT, BENCH),
        "compose": (PLAN, BENCH),
        "live": (ARTIFACT, BENCH),
        "publish": (BUILT, ARTIFACT, BENCH),
        "probe": (PUBLISHED, BENCH),
        "withdraw": (PUBLISHED, ARTIFACT, BENCH),
        "retire": (ARTIFACT, BENCH),
    }
    answer: object = getattr(plugin, verb)(*words[verb])
    return answer


VERBS = ("affected_by", "plan", "compose", "live", "publish", "probe", "withdraw", "retire")


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("defect", [ValueError("boom"), SystemExit(3), NotImplementedError()])
def test_whatever_it_raises_is_told_as_a_broken_plugin_by_kind_and_verb(verb: str, defect: BaseException) -> None:
    with pytest.raises(PluginBroken, match=f"the stranger plugin raised {type(defect).__name__}.* in {verb}"):
        _ask(Guarded(Stranger(defect)), verb)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("ours", [SystemUnreachable("away"), RequestRefused("no")])
def test_our_own_errors_pass_through_because_they_say_what_happens_next(verb: str, ours: RelengError) -> None:
    with pytest.raises(type(ours)):
        _ask(Guarded(Stranger(ours)), verb)


@pytest.mark.parametrize("verb", ["affected_by", "plan", "compose", "live", "publish", "probe"])
def test_an_answer_that_the_contract_does_not_know_is_a_broken_plugin(verb: str) -> None:
    with pytest.raises(PluginBroken, match=f"answered 'yes' to {verb}"):
        _ask(Guarded(Stranger("yes")), verb)


def test_compose_may_not_answer_nothing() -> None:
    with pytest.raises(PluginBroken, match="answered None to compose"):
        _ask(Guarded(Stranger(None)), "compose")


def test_workflows_meet_guarded_plugins_only() -> None:
    plugins = Plugins({"stranger": Stranger(ValueError("boom"))}, {"other": "does not load"}).guarded()
    assert isinstance(plugins.by_kind["stranger"], Guarded)
    assert plugins.broken == {"other": "does not load"}

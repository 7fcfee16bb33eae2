"""What is lived through at a gate with a power cut at every moment?"""

from tests.crash.story import Part, Story
from tests.stage.gate_stage import GateStage
from tests.stage.quarantined import wish

FOO, NEWER_FOO, BAR, BAZ, QUX = "foo-1.2-1", "foo-1.3-1", "bar-3.0-1", "baz-2-1", "qux-1-1"


def _land(*nvrs: str) -> Part:
    """Builds of one side tag land, once; the gate deals with them."""

    def happens(stage: GateStage) -> None:
        for nvr in nvrs:
            if stage.outside.hub.call(None, "getBuild", nvr) is None:
                stage.build_lands(nvr, side_tag="17")
        stage.settle()

    return happens


def _foo_is_bad(stage: GateStage) -> None:
    stage.tester.bad.add(FOO)


def _foo_breaks_others(stage: GateStage) -> None:
    stage.tester.guilty.add(frozenset({FOO}))


def _foo_is_being_tested(stage: GateStage) -> None:
    stage.tester.silent.add(FOO)
    _land(FOO)(stage)


def _foo_is_in_quarantine(stage: GateStage) -> None:
    _foo_is_bad(stage)
    _land(FOO)(stage)
    stage.tester.bad.clear()


def _wish(way: str) -> Part:
    def happens(stage: GateStage) -> None:
        wish(stage, way, FOO, msg_id=f"2016-wish-{way}")
        stage.settle()

    return happens


GATE_STORIES = (
    Story("a good batch at a gate", "gate_rawhide", (), _land(FOO, BAR), at_a_gate=True),
    Story("a bad build at a gate", "gate_rawhide", (), _land(FOO, BAR, BAZ), before=_foo_is_bad, at_a_gate=True),
    Story(
        "a batch at a gate that is divided",
        "gate_rawhide",
        (),
        _land(FOO, BAR, BAZ, QUX),
        before=_foo_breaks_others,
        at_a_gate=True,
        is_for_the_long_run=True,
    ),
    Story(
        "a build at a gate that is superseded",
        "gate_rawhide",
        (),
        _land(NEWER_FOO),
        before=_foo_is_being_tested,
        at_a_gate=True,
    ),
    Story(
        "a build released from quarantine",
        "keep_in_quarantine",
        (),
        _wish("release"),
        before=_foo_is_in_quarantine,
        at_a_gate=True,
    ),
    Story(
        "a build tested again in quarantine",
        "keep_in_quarantine",
        (),
        _wish("retry"),
        before=_foo_is_in_quarantine,
        at_a_gate=True,
        is_for_the_long_run=True,
    ),
    Story(
        "a build dropped from quarantine",
        "keep_in_quarantine",
        (),
        _wish("drop"),
        before=_foo_is_in_quarantine,
        at_a_gate=True,
        is_for_the_long_run=True,
    ),
)

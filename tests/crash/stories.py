"""What is lived through with a power cut at every moment? For each workflow of the catalogue, stories that end well."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from relengotron.model.run import StepState
from relengotron.systems.mischief import Kind, Rule
from tests.builders import AnUpdate, an_update, our_request
from tests.stage.paper_builder import artifact_of
from tests.stage.stage import Stage

Part = Callable[[Stage], None]

BASH = an_update("bash-4.3.42-5.fc24", alias="FEDORA-2016-00000000b1")
LANE, TREE = "F24/testing", "atomic-host"
GHOSTS = (
    an_update("ghost-1-1.fc24", alias="FEDORA-2016-00000000a1", is_in_koji=False),
    an_update("spirit-1-1.fc24", alias="FEDORA-2016-00000000a2", is_in_koji=False, request="stable"),
    an_update("shade-1-1.fc25", alias="FEDORA-2016-00000000a3", is_in_koji=False, release="F25", security=True),
)
NEWER = an_update("bash-4.3.42-6.fc24", alias="FEDORA-2016-00000000b2")
NANO = an_update("nano-2.6-1.fc24", alias="FEDORA-2016-00000000b3")
THIRD_ORDER = our_request(NANO, request_id="three")
ORDER, SECOND_ORDER = our_request(BASH, request_id="one"), our_request(NEWER, request_id="two")
GHOST_ORDER, ONE_GHOST_ORDER = our_request(*GHOSTS, request_id="ghosts"), our_request(GHOSTS[0], request_id="ghost")


@dataclass(frozen=True)
class Story:
    """One story: what was before, what happens while the power may go, and how the newest run of its workflow ends.

    ``happens`` is lived through again after a power cut, as by people and services that got no answer.
    """

    name: str
    workflow: str
    updates: tuple[AnUpdate, ...]
    happens: Part
    end: str = "done"
    before: Part = lambda stage: None
    bus_waits_for_us: bool = True
    is_remembered: bool = False

    def __str__(self) -> str:
        return self.name.replace(" ", "-")


def _ordered_at_bodhi(stage: Stage) -> None:
    """Bodhi has locked the updates; what it says itself is lost."""
    stage.in_silence(stage.outside.bodhi.start_push)


def _order(message: Mapping[str, object]) -> Part:
    def happens(stage: Stage) -> None:
        stage.arrive(message)
        stage.run_until_quiet()

    return happens


def _said_while_nobody_listens(stage: Stage) -> None:
    """Its sender says it once; only datagrepper has heard it."""
    if not stage.bus_is_cut:
        stage.bus_is_cut = True
        stage.announce("relengotron.push.request", ONE_GHOST_ORDER["msg"])
    stage.run_until_quiet()
    stage.wait(minutes=6)


def _pushed_after_another(stage: Stage) -> None:
    """What is called off gives way to what was shown before."""
    _ordered_at_bodhi(stage)
    _order(ORDER)(stage)
    stage.outside.add(NEWER)
    _pushed_until_live_but_not_seen(stage, SECOND_ORDER)


def _with_a_past(later: AnUpdate, **edited: object) -> Part:
    """Everything is live, somebody edits the tree, and one more update is ordered."""

    def before(stage: Stage) -> None:
        _ordered_at_bodhi(stage)
        _order(ORDER)(stage)
        stage.edit(TREE, **edited)
        stage.outside.add(later)
        _ordered_at_bodhi(stage)

    return before


def _pushed_until_live_but_not_seen(stage: Stage, order: Mapping[str, object] = ORDER) -> None:
    _ordered_at_bodhi(stage)
    stage.arrive(order)
    hidden = stage.outside.mirror.misbehave(Rule(Kind.STATUS, status=404, times=None))
    stage.turn_until(lambda: _waits_in(stage, "ensure_publication_is_seen_from_outside"))
    stage.outside.mirror.rules.remove(hidden)


def _pushed_until_it_composes(stage: Stage) -> None:
    _ordered_at_bodhi(stage)
    stage.outside.builder.trouble[TREE] = "leave"
    stage.arrive(ORDER)
    stage.turn_until(lambda: TREE in map(artifact_of, stage.outside.builder.free_tasks()))


def _pushed_until_a_compose_failed(stage: Stage) -> None:
    _ordered_at_bodhi(stage)
    stage.outside.builder.trouble["atomic-iso"] = "no space on the builder"
    stage.arrive(ORDER)
    stage.run_until_quiet()
    del stage.outside.builder.trouble["atomic-iso"]


def _pushed_until_the_gate_is_closed(stage: Stage) -> None:
    _ordered_at_bodhi(stage)
    stage.outside.tester.verdicts["atomic-disk"] = "FAILED"
    stage.arrive(ORDER)
    stage.run_until_quiet()


def _waits_in(stage: Stage, step: str) -> bool:
    """Whether the newest push waits in this step for what is asked for already."""
    pushes = stage.runs("push_updates")
    return bool(pushes) and stage.steps(pushes[-1]).get(step) is StepState.RUNNING


def _wish(wish: str) -> Part:
    def happens(stage: Stage) -> None:
        stage.wish(wish, stage.push(LANE), msg_id=f"2016-wish-{wish}")
        stage.run_until_quiet()

    return happens


def _nobody_comes(stage: Stage) -> None:
    stage.clock.time = max(stage.clock.time, stage.push(LANE).created_at + stage.settings.patience.gate)
    stage.wait(hours=1)


STORIES = (
    Story("an order of three lanes", "receive_push", GHOSTS, _order(GHOST_ORDER), before=_ordered_at_bodhi),
    Story(
        "an order over a bus that forgets",
        "receive_push",
        GHOSTS[:1],
        _order(ONE_GHOST_ORDER),
        before=_ordered_at_bodhi,
        bus_waits_for_us=False,
    ),
    Story(
        "an order that the bus lost",
        "receive_push",
        GHOSTS[:1],
        _said_while_nobody_listens,
        before=_ordered_at_bodhi,
        bus_waits_for_us=False,
        is_remembered=True,
    ),
    Story("a push", "push_updates", (BASH,), _order(ORDER), before=_ordered_at_bodhi),
    Story(
        "a first push called off",
        "push_updates",
        (BASH,),
        _wish("cancel"),
        end="cancelled",
        before=_pushed_until_live_but_not_seen,
    ),
    Story(
        "a later push called off",
        "push_updates",
        (BASH,),
        _wish("cancel"),
        end="cancelled",
        before=_pushed_after_another,
    ),
    Story(
        "a push called off while it composes",
        "push_updates",
        (BASH,),
        _wish("cancel"),
        end="cancelled",
        before=_pushed_until_it_composes,
    ),
    Story("a push tried again", "push_updates", (BASH,), _wish("retry"), before=_pushed_until_a_compose_failed),
    Story(
        "a later push whose tree turns out unchanged",
        "push_updates",
        (BASH,),
        _order(THIRD_ORDER),
        before=_with_a_past(NANO, treefile={"packages": ["bash", "openssl"], "documentation": False}),
    ),
    Story(
        "a later push whose tree is asked first",
        "push_updates",
        (BASH,),
        _order(SECOND_ORDER),
        before=_with_a_past(NEWER, dry_run=True),
    ),
    Story(
        "a push whose gate stays closed",
        "push_updates",
        (BASH,),
        _nobody_comes,
        end="failed",
        before=_pushed_until_the_gate_is_closed,
    ),
)

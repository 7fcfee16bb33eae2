"""What is lived through with a power cut at every moment? For each workflow of the catalogue, stories that end well."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from relengotron.model.run import RunState, StepState
from relengotron.systems.mischief import Kind, Rule
from tests.builders import AnUpdate, a_message, an_update, our_request
from tests.crash.gate_stories import GATE_STORIES
from tests.crash.story import Part, Story
from tests.stage.paper_builder import artifact_of
from tests.stage.stage import Stage

BASH = an_update("bash-4.3.42-5.fc24", alias="FEDORA-2016-00000000b1")
LANE, TREE = "F24/testing", "atomic-host"
SEEN = "ensure_publication_is_seen_from_outside"
GHOSTS = (
    an_update("ghost-1-1.fc24", alias="FEDORA-2016-00000000a1", is_in_koji=False),
    an_update("spirit-1-1.fc24", alias="FEDORA-2016-00000000a2", is_in_koji=False, request="stable"),
    an_update("shade-1-1.fc25", alias="FEDORA-2016-00000000a3", is_in_koji=False, release="F25", security=True),
)
NEWER = an_update("bash-4.3.42-6.fc24", alias="FEDORA-2016-00000000b2")
NANO = an_update("nano-2.6-1.fc24", alias="FEDORA-2016-00000000b3")
THIRD_ORDER = our_request(NANO, request_id="three")
NIGHT = datetime(2016, 11, 2, 3, 31, tzinfo=UTC)
FIRST_A_FEW = [{"percent": 10, "lasts": "6h"}]
ORDER, SECOND_ORDER = our_request(BASH, request_id="one"), our_request(NEWER, request_id="two")
GHOST_ORDER, ONE_GHOST_ORDER = our_request(*GHOSTS, request_id="ghosts"), our_request(GHOSTS[0], request_id="ghost")


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
    stage.turn_until(lambda: _waits_in(stage, SEEN))
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


def _with_garbage_and_an_old_branch(stage: Stage) -> None:
    """A live ref with a history, a tag and two of three deltas; a fresh branch for it; one that ended long ago."""
    live = stage.outside.live
    made = [_commit(stage, "live/ref", day) for day in (-9, -8, -7, -6)]
    for day in (-400, -399):
        _commit(stage, "old/branch", day)
    live.tag("first", made[0])
    for old in made[:2]:
        live.make_delta(old, made[-1])
    _commit(stage, "fresh/tree", -5, made[-1])
    live.update_summary()
    stage.turn()


def _commit(stage: Stage, ref: str, day: int, parent: str | None = None) -> str:
    live = stage.outside.live
    before, at = live.head(ref), stage.clock() + timedelta(days=day)
    said = {"version": f"24.{day + 1000}"}
    made = live.commit_files(
        {"file": f"{ref} {day}"}, parent=parent or before, subject="s", timestamp=at, metadata=said
    )
    live.set_ref(ref, made, before)
    os.utime(live._commit_file(made), (at.timestamp(), at.timestamp()))  # it came here when it was made
    return made


def _night_falls(stage: Stage) -> None:
    stage.clock.time = max(stage.clock.time, NIGHT)
    stage.run_until_quiet()


def _wish(wish: str) -> Part:
    def happens(stage: Stage) -> None:
        stage.wish(wish, stage.push(LANE), msg_id=f"2016-wish-{wish}")
        stage.run_until_quiet()

    return happens


def _ordered_with_another(stage: Stage) -> None:
    """Two updates are in a push that waits for a test of an image, after an earlier push."""
    _ordered_at_bodhi(stage)
    _order(ORDER)(stage)
    stage.outside.tester.verdicts["atomic-iso"] = None
    for update in (NEWER, NANO):
        stage.outside.add(update)
    _ordered_at_bodhi(stage)
    _order(our_request(NEWER, NANO, request_id="both"))(stage)
    assert stage.push(LANE).state is RunState.HELD
    stage.outside.tester.verdicts.clear()


def _pushed_with_a_disk_left_behind(stage: Stage) -> None:
    stage.declare("atomic-disk", may_lag=True)
    _pushed_until_the_gate_is_closed(stage)
    assert [each["outcome"] for each in stage.said("push.complete")[-1]["results"]][-1] == "held"


def _caught_up(stage: Stage) -> None:
    """Somebody runs the test once more, once."""
    if stage.outside.tester.verdicts["atomic-disk"] == "FAILED":
        stage.outside.tester.judge_again("atomic-disk", "PASSED")
    stage.wait(minutes=10)


def _ejected(stage: Stage) -> None:
    body = {"run": stage.push(LANE).id, "agent": "ralph", "update": NEWER.alias, "reason": "bad"}
    message = a_message("relengotron.person.eject", body, "2016-wish-eject")
    stage.machine.intake.store(message, is_local=True)
    stage.run_until_quiet()


def _pushed_twice(stage: Stage) -> None:
    """The second push is done, and what it shows is bad."""
    _ordered_at_bodhi(stage)
    _order(ORDER)(stage)
    stage.outside.add(NEWER)
    _ordered_at_bodhi(stage)
    _order(SECOND_ORDER)(stage)
    assert stage.push(LANE).state is RunState.DONE


def _offered_to_a_few(stage: Stage) -> None:
    """The second push is done, and offered to a part of all machines."""
    stage.declare("atomic-disk", rollout=FIRST_A_FEW)
    _ordered_at_bodhi(stage)
    _order(ORDER)(stage)
    stage.outside.add(NEWER)
    _ordered_at_bodhi(stage)
    stage.arrive(SECOND_ORDER)
    stage.turn_until(lambda: bool(stage.runs("roll_out")) and stage.push(LANE).state is RunState.DONE)


def _rolled_out(stage: Stage) -> None:
    """Somebody pauses it, lets it go on, and time does the rest."""
    for wanted in ("pause", "resume"):
        body = {
            "run": stage.push(LANE).id,
            "agent": "ralph",
            "artifact": "atomic-disk",
            "wanted": wanted,
            "reason": "?",
        }
        stage.machine.intake.store(a_message("relengotron.person.rollout", body, f"2016-{wanted}"), is_local=True)
        stage.turn()
    stage.run_until_quiet()


def _rolled_back(*, untag: bool) -> Part:
    def happens(stage: Stage) -> None:
        body = {"run": stage.push(LANE).id, "agent": "ralph", "reason": "bad", "untag": untag}
        message = a_message("relengotron.person.rollback", body, "2016-wish-rollback")
        stage.machine.intake.store(message, is_local=True)
        stage.run_until_quiet()

    return happens


def _rolled_back_and_not_seen(stage: Stage) -> None:
    _pushed_twice(stage)
    hidden = stage.outside.mirror.misbehave(Rule(Kind.STATUS, url="updates-testing/24", times=None))
    _rolled_back(untag=False)(stage)
    stage.outside.mirror.rules.remove(hidden)


def _rollback_called_off(stage: Stage) -> None:
    stage.wish("cancel", stage.runs("rollback")[-1], msg_id="2016-wish-cancel")
    stage.run_until_quiet()


def _pushed_to_a_mirror_that_lies(stage: Stage) -> None:
    """A later push is live, its disk for a few machines, and a reader outside got half a package once."""
    stage.declare("atomic-disk", rollout=FIRST_A_FEW)
    _ordered_at_bodhi(stage)
    _order(ORDER)(stage)
    stage.outside.add(NEWER)
    _ordered_at_bodhi(stage)
    stage.arrive(SECOND_ORDER)
    stage.outside.mirror.misbehave(Rule(Kind.GARBAGE, url="x86_64/.*rpm$", text="half a pa", times=None))
    stage.turn_until(lambda: len(stage.runs("push_updates")) > 1 and _waits_in(stage, SEEN))


def _withdrawn_and_shown_again(stage: Stage) -> None:
    """The lie is believed and all goes back; then somebody mends the mirror, and the same bits go live once more."""
    stage.turn_until(lambda: stage.push(LANE).state is not RunState.OPEN or not stage.outside.mirror.rules)
    stage.outside.mirror.rules.clear()
    _wish("retry")(stage)


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
    Story(
        "a push", "push_updates", (BASH,), _order(ORDER), before=_ordered_at_bodhi, tells_mirrors=True, is_signed=True
    ),
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
        tells_mirrors=True,
        is_signed=True,
    ),
    Story(
        "a push called off while it composes",
        "push_updates",
        (BASH,),
        _wish("cancel"),
        end="cancelled",
        before=_pushed_until_it_composes,
    ),
    Story("a push without an update that was ejected", "push_updates", (BASH,), _ejected, before=_ordered_with_another),
    Story(
        "a push that leaves an image behind",
        "push_updates",
        (BASH,),
        _caught_up,
        before=_pushed_with_a_disk_left_behind,
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
        "a push that a mirror lied about",
        "push_updates",
        (BASH,),
        _withdrawn_and_shown_again,
        before=_pushed_to_a_mirror_that_lies,
        tells_mirrors=True,
        is_signed=True,
        is_for_the_long_run=True,
    ),
    Story(
        "a push rolled back",
        "rollback",
        (BASH,),
        _rolled_back(untag=True),
        before=_pushed_twice,
        tells_mirrors=True,
        is_signed=True,
    ),
    Story(
        "a rollback called off",
        "rollback",
        (BASH,),
        _rollback_called_off,
        end="cancelled",
        before=_rolled_back_and_not_seen,
        is_for_the_long_run=True,
    ),
    Story(
        "a push rolled out little by little",
        "roll_out",
        (BASH,),
        _rolled_out,
        before=_offered_to_a_few,
        tells_mirrors=True,
        is_for_the_long_run=True,
    ),
    Story(
        "a push whose gate stays closed",
        "push_updates",
        (BASH,),
        _nobody_comes,
        end="failed",
        before=_pushed_until_the_gate_is_closed,
    ),
    Story(
        "a repo of trees is looked after",
        "look_after_trees",
        (),
        _night_falls,
        before=_with_garbage_and_an_old_branch,
        is_looked_after=True,
    ),
    *GATE_STORIES,
)

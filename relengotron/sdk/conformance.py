"""Does an artifact plugin keep its contract? Two lines of pytest, for ours and for anybody's.

::

    class TestMine(ArtifactConformance):
        case = MyCase()
"""

import dataclasses
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from relengotron.errors import AnswerLost, PowerCut, RelengError
from relengotron.model.artifact import Probe
from relengotron.model.codec import to_json
from relengotron.model.outcome import Failed, FailureKind, Running, Watch
from relengotron.sdk.artifact import Affected, ArtifactPlugin, Changes
from relengotron.sdk.conformance_back import WayBackConformance
from relengotron.sdk.conformance_contents import ContentsConformance
from relengotron.sdk.conformance_hands import FIRST, OTHER, SECOND, demand, kept, outside_of, with_word, world_of
from relengotron.sdk.conformance_signing import SigningConformance
from relengotron.sdk.rehearsal import Workshop
from relengotron.settings import plugin_settings

KIND = re.compile(r"[a-z][a-z0-9_-]*")
MOST_POWER_CUTS = 12
DEEPEST_WORDS = "BuildError: the builder's disk is full"


class ArtifactConformance(ContentsConformance, SigningConformance, WayBackConformance):
    """The contract of ``relengotron.sdk.artifact``, verb by verb; ``case`` says which plugin and what it makes."""

    # -- what it declares ---------------------------------------------------------------------------------------------

    def test_it_declares_a_kind_and_frozen_settings(self) -> None:
        """``kind`` is a plain word, ``settings`` a frozen dataclass, and the class can be made without arguments."""
        plugin = self.case.plugin()
        demand(isinstance(plugin, ArtifactPlugin), "the class must derive from relengotron.sdk.ArtifactPlugin")
        demand(isinstance(plugin.kind, str) and KIND.fullmatch(plugin.kind), f"no kind: {plugin.kind!r}")
        demand(dataclasses.is_dataclass(plugin.settings), "settings must be a dataclass")
        parameters: Any = getattr(plugin.settings, "__dataclass_params__", None)
        demand(parameters.frozen, "settings must be frozen: @dataclass(frozen=True)")

    def test_its_settings_are_checked_by_name(self, workshop: Workshop) -> None:
        """The artifact's own settings fit; an unknown key is refused and named."""
        artifact, kinds = self.case.artifact(workshop), {self.case.plugin.kind: self.case.plugin.settings}
        mistakes = plugin_settings.mistakes([artifact], kinds)
        demand(not mistakes, f"the case's own settings do not fit: {mistakes}")
        strange = dataclasses.replace(artifact, settings={**artifact.settings, "no_such_key": 1})
        mistakes = plugin_settings.mistakes([strange], kinds)
        demand(any("no_such_key" in each for each in mistakes), "an unknown key of the settings is not named")

    # -- reading ------------------------------------------------------------------------------------------------------

    def test_reading_verbs_change_nothing(self, workshop: Workshop) -> None:
        """No reading verb leaves a trace in Koji or in a file, before and after a publish; each says the same twice."""
        self._read_everything(workshop)
        published, artifact = self._publish(workshop, self._made(workshop, "one", FIRST), FIRST)
        self._read_everything(workshop)
        before = world_of(workshop)
        self._plugin().probe(published, self._bench(workshop, artifact, "one", FIRST))
        demand(world_of(workshop) == before, "probe changed something")

    def test_affected_by_gives_a_reason_and_depends_on_the_facts_alone(self, workshop: Workshop) -> None:
        """The same facts give the same answer, and there is always a sentence for people."""
        artifact = dataclasses.replace(self.case.artifact(workshop), component="the-component")
        reached = Changes(("bash-1-1",), frozenset({"bash"}), {"the-component": ("bash",)})
        for changes in (reached, Changes(("bash-1-1",), frozenset({"bash"})), Changes((), frozenset())):
            said = self._plugin().affected_by(artifact, changes)
            demand(isinstance(said, Affected) and said.reason, "affected_by must give its reason")
            demand(self._plugin().affected_by(artifact, changes) == said, "affected_by changed its mind")
        demand(
            self._plugin().affected_by(artifact, reached).is_affected, "what PDC says to contain a change is affected"
        )

    def test_a_plan_says_what_it_would_do_and_can_be_written_down(self, workshop: Workshop) -> None:
        """Effects in sentences; the same plan each time, also after a way through the journal."""
        artifact = self.case.artifact(workshop)
        bench = self._bench(workshop, artifact, "one", FIRST)
        plan = self._plugin().plan(artifact, bench)
        demand(plan.effects and all(plan.effects), "plan must say its effects in sentences")
        demand(to_json(kept(plan)) == to_json(plan), "the plan does not survive the journal")
        demand(to_json(self._plugin().plan(artifact, bench)) == to_json(plan), "two plans of the same differ")

    # -- composing ----------------------------------------------------------------------------------------------------

    def test_compose_makes_one_task_however_often_it_is_called(self, workshop: Workshop) -> None:
        """It answers Running with a watch on the task, never waits, and asks for nothing twice."""
        for _ in range(3):
            outcome = self._compose(workshop, "one", FIRST)
            self._needs_a_task(workshop, outcome)
            demand(isinstance(outcome, Running), f"Running was to come, not {outcome!r}")
        task = self._only_task(workshop)
        demand(isinstance(outcome, Running) and Watch("koji.task", str(task.id)) in outcome.watches, "no watch on it")
        workshop.take(task)
        demand(isinstance(self._compose(workshop, "one", FIRST), Running), "an open task is Running")
        self._made(workshop, "one", FIRST)
        self._made(workshop, "one", FIRST)
        self._only_task(workshop)

    def test_a_lost_task_is_adopted(self, workshop: Workshop) -> None:
        """The power is cut at each change that compose makes, and then compose goes on: still one task."""
        self._needs_a_task(workshop, self._compose(workshop, "one", FIRST))
        moments = len(workshop.power.acts)
        for moment in range(1, moments + 1):
            other = self._workshop(workshop.root.with_name(f"cut-{moment}"))
            other.power.cut_at = moment
            with suppress(PowerCut):
                self._compose(other, "one", FIRST)
            self._compose(other, "one", FIRST)
            self._only_task(other)
            self._made(other, "one", FIRST)

    def test_a_task_whose_answer_was_lost_is_adopted(self, workshop: Workshop) -> None:
        """The hub made the task and the connection broke: the next call finds it."""
        self._needs_a_task(workshop, self._compose(workshop, "one", FIRST))
        acts = {name.removeprefix("after ") for name in workshop.power.acts if name.startswith("after ")}
        for verb in sorted(acts & {"runroot", "build_image"}):
            other = self._workshop(workshop.root.with_name(f"lost-{verb}"))
            other.power.lose_answer_of = verb
            with suppress(AnswerLost):
                self._compose(other, "one", FIRST)
            demand(isinstance(self._compose(other, "one", FIRST), Running), "the task was not found again")
            self._only_task(other)

    def test_another_run_makes_a_task_of_its_own(self, workshop: Workshop) -> None:
        """What one run has made is never taken for another's; a second try by a person is a new task too."""
        self._needs_a_task(workshop, self._compose(workshop, "one", FIRST))
        workshop.power.lose_answer_of = "runroot"
        with suppress(AnswerLost):
            self._compose(workshop, "one", SECOND)
        self._compose(workshop, "one", SECOND)
        self._compose(workshop, "one", SECOND, attempt=2)
        demand(len(workshop.tasks()) == 3, f"three tasks were due, there are {len(workshop.tasks())}")

    def test_a_failed_task_fails_the_compose_in_the_words_of_its_deepest_fault(self, workshop: Workshop) -> None:
        """Not in those of the task above it."""
        self._needs_a_task(workshop, self._compose(workshop, "one", FIRST))
        task = self._only_task(workshop)
        workshop.take(task)
        workshop.fail(task, DEEPEST_WORDS)
        for _ in range(2):
            outcome = self._compose(workshop, "one", FIRST)
            demand(isinstance(outcome, Failed) and DEEPEST_WORDS in outcome.reason, f"not told why: {outcome!r}")
            demand(
                isinstance(outcome, Failed) and outcome.kind is FailureKind.COMPOSE_FAILED, "another kind of failure"
            )
        self._only_task(workshop)

    def test_a_cancelled_task_fails_the_compose(self, workshop: Workshop) -> None:
        """And it is not made again behind the administrator's back."""
        self._needs_a_task(workshop, self._compose(workshop, "one", FIRST))
        workshop.cancel(self._only_task(workshop))
        outcome = self._compose(workshop, "one", FIRST)
        demand(isinstance(outcome, Failed) and "cancelled" in outcome.reason, f"not told why: {outcome!r}")
        self._only_task(workshop)

    def test_identity_is_content(self, workshop: Workshop) -> None:
        """The same content has the same identity in every world, other content another."""
        first = self._made(workshop, "one", FIRST)
        again = self._made(self._workshop(workshop.root.with_name("again")), "one", FIRST)
        other = self._made(self._workshop(workshop.root.with_name("other")), "two", FIRST)
        demand(first.identity == again.identity, f"same content: {first.identity} and {again.identity}")
        demand(first.identity != other.identity, f"other content has the same identity {first.identity}")
        demand(re.fullmatch(r"\S+", first.identity), f"an identity is one word: {first.identity!r}")
        demand(first.kind == self.case.plugin.kind, f"built is of kind {first.kind!r}")

    def test_what_is_built_is_as_it_says(self, workshop: Workshop) -> None:
        """Every file lies below ``location`` with its size and checksum."""
        built = self._made(workshop, "one", FIRST)
        found = workshop.files(below=Path(built.location))
        for file in built.files:
            demand(found.get(file.path) == file.sha256, f"{file.path} is not at {built.location} with its checksum")
            demand((Path(built.location) / file.path).stat().st_size == file.size, f"{file.path} has another size")

    # -- publishing ---------------------------------------------------------------------------------------------------

    def test_publishing_twice_is_publishing_once(self, workshop: Workshop) -> None:
        """Users see the same, the answer is the same, and the way back still leads to what was there before."""
        self._publish(workshop, self._made(workshop, "one", FIRST), FIRST)
        before = self._shown(workshop)
        built = self._made(workshop, "two", SECOND)
        first, artifact = self._publish(workshop, built, SECOND)
        shown = self._shown(workshop)
        again, _ = self._publish(workshop, built, SECOND)
        demand(self._shown(workshop) == shown, "the second publish changed what users see")
        demand(dict(again.expected) == dict(first.expected), "two publishes expect different bits")
        demand(shown != before, "publishing other content changed nothing")
        self._plugin().withdraw(again, artifact, self._bench(workshop, artifact, "two", SECOND))
        demand(self._shown(workshop) == before, "after a repeated publish the way back is lost")

    def test_a_publish_survives_a_power_cut_at_any_moment(self, workshop: Workshop) -> None:
        """Whenever it is cut and repeated, users see what a calm publish shows, and what was before can come back."""
        calm, moments = self._second_publish(workshop, None)
        step = max(1, -(-moments // MOST_POWER_CUTS))
        for moment in range(1, moments + 1, step):
            stormy, _ = self._second_publish(self._workshop(workshop.root.with_name(f"cut-{moment}")), moment)
            demand(stormy == calm, f"cut at change {moment} of {moments}, users see something else in the end")

    def test_the_probe_sees_what_was_published_and_names_what_is_missing(self, workshop: Workshop) -> None:
        """Everything after a publish; a file that goes is named."""
        published, artifact = self._publish(workshop, self._made(workshop, "one", FIRST), FIRST)
        bench = self._bench(workshop, artifact, "one", FIRST)
        probe = self._plugin().probe(published, bench)
        demand(isinstance(probe, Probe) and probe.is_live, f"not seen from outside: {probe.missing}")
        demand(published.expected, "published expects nothing to be seen: then nothing can be missing")
        for path in published.expected:
            file = workshop.mirror_root / path
            content = file.read_bytes()
            file.unlink()
            missing = self._plugin().probe(published, bench).missing
            demand(any(path in each for each in missing), f"{path} is gone, and the probe says {missing}")
            file.write_bytes(content)

    def test_the_probe_notices_other_content(self, workshop: Workshop) -> None:
        """A file of the right name with the wrong bits is missing too."""
        published, artifact = self._publish(workshop, self._made(workshop, "one", FIRST), FIRST)
        for path in published.expected:
            (workshop.mirror_root / path).unlink()
            (workshop.mirror_root / path).write_bytes(b"something else")
        probe = self._plugin().probe(published, self._bench(workshop, artifact, "one", FIRST))
        demand(
            not probe.is_live and not set(published.expected) & set(probe.seen),
            "the probe takes other bits for those that were published",
        )

    def test_what_is_live_is_known(self, workshop: Workshop) -> None:
        """``live`` says nothing before anything was published; later, if it says anything, it is what was published."""
        artifact = self.case.artifact(workshop)
        demand(self._plugin().live(artifact, self._bench(workshop, artifact, "one", FIRST)) is None, "nothing is live")
        built = self._made(workshop, "one", FIRST)
        self._publish(workshop, built, FIRST)
        live = self._plugin().live(artifact, self._bench(workshop, artifact, "one", SECOND))
        demand(live is None or live.identity == built.identity, f"live says {live}, published was {built.identity}")

    # -- taking back --------------------------------------------------------------------------------------------------

    def test_withdraw_brings_back_what_was_live(self, workshop: Workshop) -> None:
        """The state before, after every way of calling it; and nothing at all when nothing had been there."""
        nothing = self._shown(workshop)
        first, artifact = self._publish(workshop, self._made(workshop, "one", FIRST), FIRST)
        before = self._shown(workshop)
        second, _ = self._publish(workshop, self._made(workshop, "two", SECOND), SECOND)
        for _ in range(2):
            self._plugin().withdraw(second, artifact, self._bench(workshop, artifact, "two", SECOND))
            demand(self._shown(workshop) == before, "what was live before is not live again")
        alone = self._workshop(workshop.root.with_name("alone"))
        first, artifact = self._publish(alone, self._made(alone, "one", FIRST), FIRST)
        self._plugin().withdraw(first, artifact, self._bench(alone, artifact, "one", FIRST))
        demand(self._shown(alone) == nothing, "the first publish, withdrawn, still shows something")

    def test_retire_is_harmless_and_may_be_repeated(self, workshop: Workshop) -> None:
        """What is live stays, is still as published, and one way back stays open."""
        artifact = self.case.artifact(workshop)
        self._plugin().retire(artifact, self._bench(workshop, artifact, "one", FIRST))
        self._publish(workshop, self._made(workshop, "one", FIRST), FIRST)
        before = self._shown(workshop)
        published, _ = self._publish(workshop, self._made(workshop, "two", SECOND), SECOND)
        shown, bench = self._shown(workshop), self._bench(workshop, artifact, "two", SECOND)
        for _ in range(2):
            self._plugin().retire(artifact, bench)
            demand(self._shown(workshop) == shown, "retire changed what users see")
        demand(self._plugin().probe(published, bench).is_live, "after retire the bits are not as published")
        self._plugin().withdraw(published, artifact, bench)
        demand(self._shown(workshop) == before, "retire has closed the way back")

    # -- staying inside -----------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("field", ["name", "target"])
    @pytest.mark.parametrize("word", ["../../../escaped", "a/../../../escaped", "{outside}/absolute", "..", "", "a\0b"])
    def test_nothing_is_written_outside(self, workshop: Workshop, field: str, word: str) -> None:
        """A hostile name or target is refused, or taken as a mere word: other places stay as they are."""
        outside = workshop.root.parents[2]
        artifact = with_word(self.case.artifact(workshop), field, word.format(outside=outside))
        bystanders = [workshop.compose_store / "runs" / OTHER / "kept", workshop.mirror_root / "bystander" / "kept"]
        for file in bystanders:
            file.parent.mkdir(parents=True)
            file.write_text("not yours")
        self._made(workshop, "one", FIRST)
        before = outside_of(workshop, outside)
        with suppress(RelengError, ValueError):
            built = self._made(workshop, "one", SECOND, artifact)
            self._plugin().publish(built, artifact, self._bench(workshop, artifact, "one", SECOND))
            self._plugin().retire(artifact, self._bench(workshop, artifact, "one", SECOND))
        demand(outside_of(workshop, outside) == before, f"{field} {word!r} led out of the places of the artifact")
        demand(all(file.read_text() == "not yours" for file in bystanders), "somebody else's files were changed")

    def _read_everything(self, workshop: Workshop) -> None:
        artifact = self.case.artifact(workshop)
        bench = self._bench(workshop, artifact, "one", FIRST)
        before = world_of(workshop)
        self._plugin().affected_by(artifact, Changes(("bash-1-1",), frozenset({"bash"})))
        demand(world_of(workshop) == before, "affected_by changed something")
        self._plugin().plan(artifact, bench)
        demand(world_of(workshop) == before, "plan changed something")
        plugin = self._plugin()
        for verb in (plugin.live, plugin.manifest, plugin.contents, plugin.pointers):
            demand(verb(artifact, bench) == verb(artifact, bench), f"{verb.__name__} changed its mind")
            demand(world_of(workshop) == before, f"{verb.__name__} changed something")

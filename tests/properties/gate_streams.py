"""A random stream of everything that may happen at a gate, and what must hold after every turn of it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from relengotron.errors import PowerCut
from relengotron.model.difference import compare
from relengotron.model.gated import BuildState
from relengotron.systems.bus.simulated import Weather
from tests.stage.gate_configuration import GATE, GATE_TAGS, PENDING, QUARANTINE, TARGET
from tests.stage.gate_stage import GateStage
from tests.stage.quarantined import wish

LIBRARIES: Final = {"libfoo": ("app", "tool"), "libbar": ("web",)}
ALONE: Final = ("nano", "vim", "zsh", "git", "htop")
LONELY: Final = ("one", "two", "three")
"""Good packages that nobody touches: whatever happens to others, they go through at once."""
TURNS_OF_THE_LONELY: Final = 12
WAITS_AT_MOST: Final = 4
"""So often one after another what is left of a divided batch waits for what mends it."""
NEVER: Final = frozenset[tuple[str, str]]()


@dataclass
class Stream:
    """One life of a gate; the same seed is the same life."""

    root: Path
    seed: int
    happenings: int
    stage: GateStage = field(init=False)

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)
        self.has_repos = self.seed % 3 == 0
        storm = Weather(lose=0.1, double=0.2, shuffle=True, longest_delay=20.0)
        self.stage = GateStage(
            self.root / str(self.seed),
            has_repos=self.has_repos,
            gate={"wait_for_dependants": "30m", "regenerate": []},
            weather=storm if self.chance.random() < 0.5 else Weather(),
            seed=self.seed,
        )
        self.versions: Counter[str] = Counter()
        self.sonames = dict.fromkeys(LIBRARIES, 1)
        self.landed: list[str] = []
        self.by_hand: set[str] = set()
        self.waiting: dict[str, int] = {}
        self.is_closed = False
        self.cuts = 0
        for library, dependants in LIBRARIES.items():
            self.stage.is_in_rawhide(self._next(library), provides=[self._soname(library)])
            for each in dependants:
                self.stage.is_in_rawhide(self._next(each), requires=[self._soname(library)])

    # -- what happens --------------------------------------------------------------------------------------------------

    def live(self) -> None:
        """Everything happens, and comes to its end."""
        for _ in range(self.happenings):
            self._something_happens()
            for _ in range(self.chance.randrange(3)):
                self._turn()
        self._end()

    def _something_happens(self) -> None:
        happenings: list[tuple[Callable[[], None], int]] = [
            (self._a_build_lands, 6),
            (self._a_library_lands, 8 if self.has_repos else 1),
            (self._dependants_land, 4 if self.has_repos else 1),
            (self._a_side_tag_lands, 2),
            (self._a_lonely_build_lands, 2),
            (self._a_message_comes_again, 2),
            (self._somebody_moves_a_build, 2),
            (self._somebody_acts_in_quarantine, 3),
            (self._a_result_changes, 2),
            (self._silence_ends, 1),
            (self._the_gate_is_closed_or_opened, 1),
            (self._the_power_will_go, 3),
            (self._time_passes, 1),
        ]
        kinds, weights = zip(*happenings, strict=True)
        try:
            self.chance.choices(kinds, weights)[0]()
        except PowerCut:
            self._come_back()

    def _a_build_lands(self) -> None:
        self._land(self.chance.choice(ALONE))

    def _a_library_lands(self) -> None:
        library = self.chance.choice(list(LIBRARIES))
        self.sonames[library] += self.chance.random() < 0.6
        self._land(library, provides=self._soname(library))
        if self.chance.random() < 0.7:
            self._rebuild(library)

    def _dependants_land(self) -> None:
        self._rebuild(self.chance.choice(list(LIBRARIES)))

    def _rebuild(self, library: str) -> None:
        for each in LIBRARIES[library]:
            self._land(each, requires=self._soname(library))

    def _a_side_tag_lands(self) -> None:
        tag = str(self.chance.randrange(1000, 9999))
        for package in self.chance.sample(ALONE, self.chance.randint(2, len(ALONE))):
            self._land(package, side_tag=tag)

    def _a_lonely_build_lands(self) -> None:
        nvr = self._next(self.chance.choice([name for name in LONELY if not self._is_waiting(name)] or ["four"]))
        if "four" not in nvr:
            self.stage.build_lands(nvr)
            self.landed.append(nvr)
            self.waiting[nvr] = 0

    def _is_waiting(self, name: str) -> bool:
        return any(nvr.startswith(f"{name}-") for nvr in self.waiting)

    def _land(self, package: str, *, provides: str = "", requires: str = "", side_tag: str | None = None) -> None:
        nvr = self._next(package)
        tester, luck = self.stage.tester, self.chance.random()
        if luck < 0.15:
            tester.bad.add(nvr)
        elif luck < 0.25:
            tester.guilty.add(frozenset({nvr}))
        elif luck < 0.32 and self.landed:
            tester.guilty.add(frozenset({nvr, self.chance.choice(self.landed)} - set(self.waiting)))
        elif luck < 0.40:
            tester.silent.add(nvr)
        elif luck < 0.47:
            tester.flaky[nvr] = ["FAILED"]

        def lands() -> None:
            provided, required = [provides] if provides else [], [requires] if requires else []
            self.stage.build_lands(nvr, side_tag=side_tag, provides=provided, requires=required)

        if self.chance.random() < 0.2:
            self.stage.in_silence(lands)
        else:
            lands()
        self.landed.append(nvr)

    def _a_message_comes_again(self) -> None:
        others = [each for each in self.stage.bus.sent if ".buildsys." in each["topic"]]
        if others:
            again = self.chance.choice(others)
            self.stage.arrived.append({"topic": again["topic"], "body": again})

    def _somebody_moves_a_build(self) -> None:
        free = [row.nvr for row in self.stage.rows() if row.package in ALONE and row.state is not BuildState.MOVING]
        there = [(nvr, tag) for nvr in free for tag in self.stage.tags_of(nvr) if tag != TARGET]
        if not there:
            return
        nvr, tag = self.chance.choice(there)
        to = self.chance.choice([None, TARGET, QUARANTINE, PENDING])
        if to != tag:
            self.stage.move_by_hand(nvr, tag, to)
            self.by_hand.add(nvr)

    def _somebody_acts_in_quarantine(self) -> None:
        found = [row.nvr for row in self.stage.rows() if row.state is BuildState.QUARANTINED]
        if found:
            nvr, way = self.chance.choice(found), self.chance.choice(["release", "release", "retry", "drop"])
            if self.chance.random() < 0.6:
                self._is_mended(nvr)
            wish(self.stage, way, nvr)

    def _a_result_changes(self) -> None:
        found = [row.nvr for row in self.stage.rows() if row.state in (BuildState.QUARANTINED, BuildState.TESTING)]
        if found:
            nvr = self.chance.choice([each for each in found if each not in self.waiting] or [""])
            if nvr and self.chance.random() < 0.6:
                self._is_mended(nvr)
                self.stage.tester.post(nvr, "PASSED")
            elif nvr:
                self.stage.tester.bad.add(nvr)
                self.stage.tester.post(nvr, "FAILED")

    def _is_mended(self, nvr: str) -> None:
        tester = self.stage.tester
        tester.bad.discard(nvr)
        tester.guilty = {each for each in tester.guilty if nvr not in each}

    def _silence_ends(self) -> None:
        self.stage.tester.silent.clear()

    def _the_gate_is_closed_or_opened(self) -> None:
        self.is_closed = not self.is_closed
        self.stage.power.arm()  # who gets no answer types it again
        if self.is_closed:
            self.stage.says("gate.close", gate=GATE, reason="because", until=None)
        else:
            self.stage.says("gate.open", gate=GATE, reason="because")
        self._begin_to_count_anew()

    def _the_power_will_go(self) -> None:
        self.stage.power.arm(self.chance.randint(1, 40))

    def _time_passes(self) -> None:
        self.stage.clock.pass_by(minutes=self.chance.randint(1, 50))

    def _next(self, package: str) -> str:
        self.versions[package] += 1
        return f"{package}-{self.versions[package]}-1"

    def _soname(self, library: str) -> str:
        return f"{library}.so.{self.sonames[library]}"

    def _begin_to_count_anew(self) -> None:
        self.waiting = dict.fromkeys(self.waiting, 0)

    # -- what must hold ------------------------------------------------------------------------------------------------

    def _turn(self) -> None:
        broken = self._broken()
        try:
            self.stage.turn()
        except PowerCut:
            self._come_back()
        self._check(broken)

    def _come_back(self) -> None:
        self.cuts += 1
        self.stage.restart()
        self._begin_to_count_anew()

    def _check(self, broken: frozenset[tuple[str, str]]) -> None:
        places = Counter(nvr for tag in GATE_TAGS for nvr in self.stage.builds_in(tag))
        in_two = [nvr for nvr, count in places.items() if count > 1]
        assert not in_two, f"in two tags: {[(nvr, self.stage.tags_of(nvr)) for nvr in in_two]}"
        more = self._broken() - broken
        assert not more, f"the target is not closed any more: {sorted(more)}"
        self._check_the_lonely()

    def _check_the_lonely(self) -> None:
        there = set(self.stage.builds_in(TARGET)) if self.waiting else set()
        for nvr in there & self.waiting.keys():
            del self.waiting[nvr]
        if not self.is_closed:
            self.waiting = {nvr: turns + 1 for nvr, turns in self.waiting.items()}
        late = [nvr for nvr, turns in self.waiting.items() if turns > TURNS_OF_THE_LONELY]
        assert not late, f"good builds wait for unrelated ones: {late}, {self.stage.states(*late)}"

    def _broken(self) -> frozenset[tuple[str, str]]:
        """Requirements of the latest builds of rawhide that no other fulfils: counted here, by no code of the gate."""
        if not self.has_repos:
            return NEVER
        latest = [row["nvr"] for row in self.stage.outside.hub.call(None, "listTagged", TARGET, latest=True)]
        words = self.stage.outside.builder.words
        provided = {each for nvr in latest for each in words.provides.get(nvr, ())}
        return frozenset((nvr, each) for nvr in latest for each in words.requires.get(nvr, ()) if each not in provided)

    # -- how it ends ---------------------------------------------------------------------------------------------------

    def _end(self) -> None:
        self.stage.tester.silent.clear()
        if self.is_closed:
            self._the_gate_is_closed_or_opened()
        self._settle()
        for _ in range(WAITS_AT_MOST):
            for time in ({"hours": 2}, {"minutes": 3}):  # who slept for hours looks twice before it judges
                self.stage.clock.pass_by(**time)
                self._settle()
        self._check(self._broken())
        self._every_build_has_an_end()
        self._no_bad_build_went_through()
        self._the_latest_is_the_newest()
        self._nothing_was_done_twice()

    def _settle(self) -> None:
        before = self._broken()
        try:
            self.stage.settle()
        except PowerCut:
            self._come_back()
            self.stage.settle()
        assert not self._broken() - before

    def _every_build_has_an_end(self) -> None:
        wanted = {
            "accepted": {TARGET},
            "quarantined": {QUARANTINE},
            "superseded": set[str](),
            "gone": set[str](),
        }
        states = self.stage.states()
        for nvr in self.landed:
            tags, state = self.stage.tags_of(nvr), states.get(nvr)
            if state is None:
                assert nvr in self.by_hand, f"{nvr} was forgotten: {tags}"
            elif not (nvr in self.by_hand and tags == {TARGET} and state in ("superseded", "gone")):
                assert tags == wanted.get(state, {"an end"}), f"{nvr} is {state} and in {tags}"

    def _no_bad_build_went_through(self) -> None:
        tester = self.stage.tester
        for nvr in tester.bad - self.by_hand:
            is_in = self.stage.tags_of(nvr) == {TARGET}
            assert not is_in or "PASSED" in self._outcomes(nvr), f"{nvr} is bad, and in rawhide"

    def _outcomes(self, nvr: str) -> list[str]:
        rows = self.stage.outside.results.results.by_id.values()
        shown = [self.stage.outside.results.show_result(row) for row in rows]
        return [row["outcome"] for row in shown if row["data"]["item"] == [nvr]]

    def _the_latest_is_the_newest(self) -> None:
        touched = {nvr.rsplit("-", 2)[0] for nvr in self.by_hand}
        for package in set(self.versions) - touched:
            there = [nvr for nvr in self.stage.builds_in(TARGET) if nvr.rsplit("-", 2)[0] == package]
            if there:
                latest = self.stage.latest(package)
                assert latest is not None
                assert all(compare(_evr(latest), _evr(nvr)) >= 0 for nvr in there), f"{latest} hides {there}"

    def _nothing_was_done_twice(self) -> None:
        moves = Counter(self.stage.moves())
        rows = {row.nvr: row for row in self.stage.rows()}
        for (nvr, _, _), count in moves.items():
            assert count <= rows[nvr].tries + (nvr in self.by_hand), f"{nvr} was moved {count} times"
        for topic in ("accepted", "quarantined", "superseded"):
            said = Counter((each["nvr"], each["tries"]) for each in self.stage.said(f"gate.build.{topic}"))
            twice = {key: count for key, count in said.items() if count > 1 and key[0] not in self.by_hand}
            assert not twice, f"{topic} was said twice: {twice}"


def _evr(nvr: str) -> str:
    return "0:" + "-".join(nvr.rsplit("-", 2)[1:])

"""Do people like an update enough? Its karma, its test cases, the bugs that it fixes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from relengotron.decisions import listening
from relengotron.decisions.listening import Voices
from relengotron.model.gate import RequirementState
from relengotron.model.opinions import Opinions
from relengotron.model.policy import (
    Blocker,
    BugsAreFixed,
    CriticalPathKarma,
    Freeze,
    ManualTestCases,
    MinimumKarma,
    is_named,
)


@dataclass(frozen=True, slots=True)
class Liking:
    """A state and the reason for it."""

    state: RequirementState
    note: str


def enough_karma(rule: MinimumKarma | CriticalPathKarma, found: Opinions | None) -> Liking:
    """Whether the karma that Bodhi counts is enough."""
    if found is None:
        return Liking(RequirementState.TOO_LITTLE, f"unknown to Bodhi, needed {rule.karma}")
    if isinstance(rule, CriticalPathKarma) and found.is_critical is not True:
        return _unsaid("critpath") if found.is_critical is None else _passed("not on the critical path")
    if found.karma is None:
        return _unsaid("karma")
    if found.karma >= rule.karma:
        return _passed(f"karma {found.karma}")
    return Liking(RequirementState.TOO_LITTLE, f"karma {found.karma}, needed {rule.karma}")


def manual_test_cases_are_good(rule: ManualTestCases, found: Opinions | None) -> Liking:
    """Whether every manual test case was found good by enough people, and bad by nobody."""
    if found is None:
        return _unsaid("the update")
    if found.test_cases is None:
        return _unsaid("test_cases")
    wanted = [each for each in found.test_cases if not rule.test_cases or is_named(each, rule.test_cases)]
    if not wanted:
        return _passed("it has no manual test cases")
    return _of_voices({each: listening.about_test_case(found, each) for each in wanted}, rule.positive)


def bugs_are_fixed(rule: BugsAreFixed, found: Opinions | None) -> Liking:
    """Whether every bug was found fixed by enough people, and not fixed by nobody."""
    if found is None:
        return _unsaid("the update")
    if found.bugs is None:
        return _unsaid("bugs")
    wanted = [each.number for each in found.bugs if each.is_security or not rule.only_security]
    if not wanted:
        return _passed("it names no bugs")
    return _of_voices({f"bug {each}": listening.about_bug(found, each) for each in wanted}, rule.positive)


def passes_a_freeze(rule: Freeze, found: Opinions | None) -> str | None:
    """The accepted bugs that it fixes, in words; None when there are none, or nobody says so."""
    fixed = _fixed(rule.unless_fixes, found)
    return f"it fixes {_bugs(fixed)}: accepted" if fixed else None


def passes_a_blocker(rule: Blocker, found: Opinions | None) -> Liking:
    """Whether it fixes one of the open blockers, and people have seen that."""
    reason = f"{_bugs(rule.bugs)} open: {rule.reason}"
    fixed = _fixed(rule.bugs, found)
    if found is None or not fixed:
        return Liking(RequirementState.BLOCKED, reason)
    seen = _of_voices({f"bug {each}": listening.about_bug(found, each) for each in fixed}, rule.positive)
    if seen.state is RequirementState.PASSED:
        return _passed(f"it fixes {seen.note}")
    return Liking(RequirementState.BLOCKED, f"{reason}; it claims to fix {seen.note}")


def _fixed(accepted: Iterable[int], found: Opinions | None) -> list[int]:
    named = {each.number for each in found.bugs} if found is not None and found.bugs is not None else set[int]()
    return [each for each in accepted if each in named]


def _of_voices(heard: Mapping[str, Voices | None], positive: int) -> Liking:
    """The worst of them decides; the words are those that decide, or all when everything is good."""
    voices = {name: each for name, each in heard.items() if each is not None}
    if len(voices) < len(heard):
        return _unsaid("comments or user")
    bad = {name: each for name, each in voices.items() if each.bad}
    if bad:
        return Liking(RequirementState.DISLIKED, _listed(bad))
    few = {name: each for name, each in voices.items() if len(each.good) < positive}
    if few:
        return Liking(RequirementState.TOO_LITTLE, f"{_listed(few)}; each needs +{positive}")
    return _passed(_listed(voices))


def _listed(voices: Mapping[str, Voices]) -> str:
    return "; ".join(f"{name}: {each}" for name, each in voices.items())


def _bugs(numbers: Iterable[int]) -> str:
    found = [str(each) for each in numbers]
    return f"bug{'s' if len(found) > 1 else ''} {', '.join(found)}"


def _passed(note: str) -> Liking:
    return Liking(RequirementState.PASSED, note)


def _unsaid(key: str) -> Liking:
    return Liking(RequirementState.ERRORED, f"Bodhi says nothing about {key}")

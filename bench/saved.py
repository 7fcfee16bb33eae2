"""How many composes does a month of pushes need, what would others compose, and is anything skipped that changes?"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import dnf_command, judges, real_trees
from bench.lane import ARCH
from bench.month import Judgement, replay, specials
from bench.real_trees import Composed
from bench.results import Measure
from bench.universe.distribution import Distribution
from bench.universe.index import NoPackageIndex
from bench.universe.updates import Twist

_OF_THE_MONTH = ("composes_saved_percent", "composes_saved_vs_names_percent", "special_updates_misjudged_by_names")


@dataclass(frozen=True, slots=True)
class Month:
    """Every tree on every day, and what other judges say of the skips; ``asked_of_dnf`` is how many dnf was asked.

    ``specials`` are pushes of one update each, as if on the first day.
    """

    all: Sequence[Judgement]
    specials: Sequence[Judgement]
    doubted: Sequence[Judgement]
    refuted: Sequence[Judgement]
    asked_of_dnf: int

    @property
    def composed(self) -> int:
        """How many composes relengotron wants."""
        return sum(each.is_composed for each in self.all)

    @property
    def named(self) -> int:
        """How many whoever compares names with the live package lists wants."""
        return sum(each.is_named for each in self.all)

    @property
    def skipped(self) -> int:
        """How many trees stay what they are for a day."""
        return len(self.all) - self.composed


def measure(packages: Path, scratch: Path) -> Iterator[Measure]:
    """The month first, if this machine has a package index; then the real bits, which need none."""
    month = None
    try:
        month = _month(Distribution.open(), scratch)
    except NoPackageIndex as why:
        yield from (Measure.untold(name, str(why)) for name in _OF_THE_MONTH)
    if month is not None:
        yield _saved(month)
        yield _against_names(month)
        yield _specials(month)
    trees = tuple(real_trees.trial(packages.absolute(), scratch / "real"))
    yield _false_skips(month, trees)
    yield _needless(month, trees)


def _month(distribution: Distribution, scratch: Path) -> Month:
    judged = tuple(replay(distribution, scratch / "month"))
    special = tuple(specials(distribution, scratch / "specials"))
    skipped = [each for each in judged if not each.is_composed]
    others = [each for each in special if not each.is_composed]
    wishes = {each.name: each.install for each in distribution.wishes}
    released = distribution.repo(ARCH)
    doubted = judges.doubted_by_plain_solver([*skipped, *others], released, wishes)
    asked = judges.sampled(skipped)
    if dnf_command.is_here():  # it has the last word: the plain solver knows no renamed wishes
        asked += [each for each in doubted if each not in asked]
        refuted = judges.refuted_by_dnf(asked, released, wishes, scratch / "dnf")
    else:
        refuted = doubted
    return Month(judged, special, doubted, refuted, len(asked))


def _saved(month: Month) -> Measure:
    everything = len(month.all)
    by_day = Counter(each.day.number for each in month.all if each.is_composed)
    days = ", ".join(str(by_day[day]) for day in sorted({each.day.number for each in month.all}))
    note = (
        f"{month.composed} composes of {everything} ({_trees_a_day(month)} trees, {_days(month)} days), by name match "
        f"{month.named}, by PDC's names of the first day {sum(each.is_in_pdc for each in month.all)}, by sources "
        f"{sum(each.has_source for each in month.all)}; {_told(month)}; composes by day: {days}"
    )
    return Measure("composes_saved_percent", 100 * month.skipped / everything, "%", compared_to="everything", note=note)


def _told(month: Month) -> str:
    doubts = sum(each.reach.is_doubt for each in month.all)
    held = [each for each in month.all if each.is_held]
    held_days = sorted({each.day.number for each in held})
    return (
        f"{doubts} in doubt, {len(held)} asked people first (days {', '.join(map(str, held_days)) or 'none'}: "
        "an update cannot be installed), counted as composed"
    )


def _against_names(month: Month) -> Measure:
    missed = [each for each in month.all if each.changes and not each.is_named]
    without_pdc = sum(each.changes and not each.is_in_pdc for each in month.all)
    note = (
        f"{month.composed} composes against {month.named}; name match would skip {len(missed)} trees that change "
        f"({_examples(missed)}), PDC's names of the first day {without_pdc}; "
        f"{sum(each.is_named and not each.is_composed for each in month.all)} named trees were left alone"
    )
    percent = 100 * (month.named - month.composed) / month.named
    return Measure("composes_saved_vs_names_percent", percent, "%", compared_to="name match only", note=note)


def _examples(missed: Sequence[Judgement]) -> str:
    return "; ".join(f"day {each.day.number}, {each.tree}: {each.reach.reason[:90]}" for each in missed[:2]) or "none"


def _specials(month: Month) -> Measure:
    """What names alone would do wrong where an update brings more than a newer version."""
    missed = sum(each.changes and not each.is_named for each in month.specials)
    needless = sum(each.is_named and not each.changes for each in month.specials)
    kinds = "; ".join(
        _special(twist, [each for each in month.specials if each.day.twists == (twist,)]) for twist in Twist
    )
    wrong = sum(each.is_composed and not each.is_held and not each.changes for each in month.specials)
    note = (
        f"of {len(month.specials)}: {missed} trees change without a name, {needless} have a name and do not change; "
        f"relengotron composes {wrong} without need; {kinds}"
    )
    return Measure("special_updates_misjudged_by_names", missed + needless, "trees", note=note)


def _special(twist: Twist, judged: Sequence[Judgement]) -> str:
    held = sum(each.is_held for each in judged)
    composed = sum(each.is_composed and not each.is_held for each in judged)
    return f"{twist}: {composed} composed, {held} held, {len(judged) - composed - held} left alone"


def _false_skips(month: Month | None, trees: Sequence[Composed]) -> Measure:
    skipped = [each for each in trees if not each.is_wanted]
    wrong = sum(each.is_other for each in skipped)
    real = f"{len(skipped)} skipped trees of real RPMs really composed ({len(trees)} in all): {wrong} have other files"
    if month is None:
        return Measure("false_skips", wrong, "skips", 0, note=real)
    left = sum(not each.is_composed for each in month.specials)
    note = (
        f"all {month.skipped} skips of the month and {left} of special updates by a plain solver: {len(month.doubted)} "
        f"differ; {month.asked_of_dnf} of them by dnf: {len(month.refuted)} differ; {real}"
    )
    return Measure("false_skips", len(month.refuted) + wrong, "skips", 0, note=note)


def _needless(month: Month | None, trees: Sequence[Composed]) -> Measure:
    real = [each for each in trees if each.is_wanted and not each.is_other]
    of_month = [each for each in month.all if each.is_needless] if month is not None else []
    held = sum(each.is_held for each in of_month)
    doubts = sum(each.reach.is_doubt for each in of_month) + sum(each.is_doubt for each in real)
    spared = sum(each.is_named and not each.is_wanted for each in trees)
    note = (
        f"composed although nothing changes: {len(of_month)} in the month ({held} held first), {len(real)} "
        f"of {sum(each.is_wanted for each in trees)} with real RPMs, where names alone would compose {spared} more; "
        f"{doubts} of all were doubt"
    )
    return Measure("needless_composes", len(of_month) + len(real), "composes", note=note)


def _trees_a_day(month: Month) -> int:
    return len({each.tree for each in month.all})


def _days(month: Month) -> int:
    return len({each.day.number for each in month.all})

"""A batch failed and nobody is named: into which two parts is it divided, so that the guilty are known soon?"""

from collections.abc import Collection, Iterable, Sequence
from typing import Final

Part = tuple[str, ...]
Groups = Iterable[Collection[str]]

NO_PARTS: Final[tuple[Part, ...]] = ()


def parts_of(builds: Sequence[str], groups: Groups = ()) -> tuple[Part, ...]:
    """Two parts of about the same size, for the same builds always the same; nothing where one build is left.

    Builds of one group stay together while there are several groups; a build that is in no group is one by itself. Of
    ``n`` separate builds the greater part holds ``ceil(n / 2)``; of groups at most two thirds of the builds, unless one
    group alone is more than half of them: that one is a part.
    """
    if len(builds) < len(("a part", "another")):
        return NO_PARTS
    wholes = wholes_of(builds, groups)
    if len(wholes) == 1:
        middle = (len(builds) + 1) // 2
        return tuple(builds[:middle]), tuple(builds[middle:])
    return _balanced(builds, wholes)


def wholes_of(builds: Sequence[str], groups: Groups) -> list[Part]:
    """What stays together, all in the order of the builds; groups that share a build are one."""
    whole_of = {build: {build} for build in builds}
    for group in groups:
        together = {other for build in group if build in whole_of for other in whole_of[build]}
        whole_of |= dict.fromkeys(together, together)
    place = {build: number for number, build in enumerate(builds)}
    distinct = {id(whole): whole for whole in whole_of.values()}
    return [tuple(sorted(whole, key=place.__getitem__)) for whole in distinct.values()]


def rounds_at_most(builds: Sequence[str], groups: Groups = ()) -> int:
    """How many rounds of tests it takes at most until every build of a batch is known for good or bad, its own first.

    Parts are tested at the same time, so that many guilty ones take no more rounds than one: of ``n`` separate builds
    ``1 + ceil(log2(n))``.
    """
    known = [tuple(group) for group in groups]
    if not known:
        return 1 + (len(builds) - 1).bit_length()
    return 1 + max((rounds_at_most(part, known) for part in parts_of(builds, known)), default=0)


def _balanced(builds: Sequence[str], wholes: list[Part]) -> tuple[Part, ...]:
    """The greatest first, each to where there is less as yet."""
    one: set[str] = set()
    other: set[str] = set()
    for whole in sorted(wholes, key=len, reverse=True):
        (one if len(one) <= len(other) else other).update(whole)
    return tuple(build for build in builds if build in one), tuple(build for build in builds if build in other)

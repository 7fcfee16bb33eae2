"""Which source packages does a distribution update on a day, and what do their builds look like?"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random

from bench.universe.packages import Binary, Evr, Relation

FEWEST, MOST = 5, 40
TWISTED_DAYS = 0.3

Sources = Mapping[str, tuple[Binary, ...]]


class Twist(StrEnum):
    """What an update may bring besides a newer version."""

    NEW_DEPENDENCY = "new dependency"
    RENAMED = "renamed"
    PROVIDER_MOVED = "provider moved"
    UNINSTALLABLE = "uninstallable"


@dataclass(frozen=True, slots=True)
class Push:
    """The source packages that one day updates; ``twists`` names those that bring more than a newer version."""

    day: int
    sources: tuple[str, ...]
    twists: Mapping[str, Twist]


@dataclass(frozen=True, slots=True)
class Popularity:
    """How many packages require each name: what much depends on is updated more often, and by more hands."""

    required: Mapping[str, int]

    @classmethod
    def of(cls, sources: Sources) -> "Popularity":
        """Count every dependency of every package once."""
        packages = (each for built in sources.values() for each in built)
        names = (name for each in packages for name in {one.name for any_of in each.requires for one in any_of})
        return cls(Counter(names))

    def weight(self, built: Iterable[Binary]) -> float:
        """A source's chance to be drawn, next to that of others."""
        return math.sqrt(1 + sum(self.required.get(each.name, 0) for each in built))

    def favourite(self, built: Sequence[Binary]) -> Binary:
        """The package of a source that most others require; the first by name where several are."""
        return min(built, key=lambda each: (-self.required.get(each.name, 0), each.name))


def draw(sources: Sources, popularity: Popularity, seed: int, days: int) -> Iterator[Push]:
    """A month of pushes, or another number of days; the same seed draws the same."""
    random = Random(f"pushes {seed}")
    weights = {name: popularity.weight(built) for name, built in sorted(sources.items())}
    twists = 0
    for day in range(1, days + 1):
        drawn = sample(weights, random.randint(FEWEST, MOST), random)
        twisted: dict[str, Twist] = {}
        if random.random() < TWISTED_DAYS or twists * 4 < day:  # every kind comes, also in a short month
            twist = tuple(Twist)[twists % len(Twist)]
            twisted[_fit_for(twist, drawn, sources)] = twist
            twists += 1
        yield Push(day, drawn, twisted)


def _fit_for(twist: Twist, drawn: Sequence[str], sources: Sources) -> str:
    """The first source drawn, or the first that provides something that can move."""
    if twist is Twist.PROVIDER_MOVED:
        return next((name for name in drawn if any(each.provides for each in sources[name])), drawn[0])
    return drawn[0]


def sample(weights: Mapping[str, float], how_many: int, random: Random) -> tuple[str, ...]:
    """Draw without putting back, heavy ones sooner (the keys of Efraimidis and Spirakis)."""
    keys = {name: random.random() ** (1 / weight) for name, weight in weights.items()}
    return tuple(sorted(keys, key=lambda name: (-keys[name], name))[:how_many])


def play(sources: Sources, popularity: Popularity, pushes: Iterable[Push]) -> Iterator[tuple[Push, tuple[Binary, ...]]]:
    """Each push with its builds; one push builds on what those before it have left."""
    now = dict(sources)
    dependency = _dependencies(sources, popularity)
    for push in pushes:
        for name in push.sources:
            built = rebuilt(now[name], push.day)
            if (twist := push.twists.get(name)) is not None:
                built = twisted(built, twist, popularity, next(dependency))
            now[name] = built
        yield push, tuple(each for name in push.sources for each in now[name])


def rebuilt(built: Sequence[Binary], serial: int) -> tuple[Binary, ...]:
    """The same packages with a newer release; who asked for exactly a sibling's old version asks for the new one."""
    news = {(each.name, each.evr): each.evr.bumped(serial) for each in built}
    return tuple(_rebuilt(each, news) for each in built)


def _rebuilt(binary: Binary, news: Mapping[tuple[str, Evr], Evr]) -> Binary:
    def moved(relation: Relation) -> Relation:
        if relation.flag not in ("EQ", "LE") or relation.evr is None:
            return relation
        return relation._replace(evr=news.get((relation.name, relation.evr), relation.evr))

    return replace(
        binary,
        evr=news[binary.name, binary.evr],
        requires=tuple(tuple(moved(one) for one in any_of) for any_of in binary.requires),
        provides=tuple(
            one._replace(evr=news[binary.name, binary.evr]) if one.evr == binary.evr else one for one in binary.provides
        ),
    )


def twisted(built: Sequence[Binary], twist: Twist, popularity: Popularity, more: str) -> tuple[Binary, ...]:
    """The builds of a source whose favourite package brings a twist; ``more`` is a name that nothing requires yet."""
    providing = [each for each in built if each.provides] if twist is Twist.PROVIDER_MOVED else []
    chosen = popularity.favourite(providing or built)
    others = tuple(each for each in built if each is not chosen)
    match twist:
        case Twist.NEW_DEPENDENCY:
            return (*others, chosen.requiring((Relation(more),)))
        case Twist.UNINSTALLABLE:
            return (*others, chosen.requiring((Relation(f"{chosen.name}-that-nobody-builds"),)))
        case Twist.RENAMED:
            return (*others, _renamed(chosen))
        case Twist.PROVIDER_MOVED:
            return (*others, *_moved(chosen))


def _renamed(binary: Binary) -> Binary:
    old_name = Relation(binary.name, "EQ", binary.evr)
    return replace(
        binary,
        name=f"{binary.name}-ng",
        provides=(*binary.provides, old_name),
        obsoletes=(*binary.obsoletes, Relation(binary.name, "LT", binary.evr)),
    )


def _moved(binary: Binary) -> tuple[Binary, Binary]:
    """The package without its virtual names, and a new one that has them; the two can be installed together."""
    names = {each.name for each in binary.provides}
    conflicts = tuple(each for each in binary.conflicts if each.name not in names)
    bare = replace(binary, provides=(), conflicts=conflicts)
    return bare, replace(binary, name=f"{binary.name}-compat", requires=(), recommends=(), conflicts=())


def _dependencies(sources: Sources, popularity: Popularity) -> Iterator[str]:
    """Names of small packages that nothing requires yet, the same order each time, without an end."""
    built = sorted((each for some in sources.values() for each in some), key=lambda each: each.name)
    small = [each.name for each in built if 1 <= len(each.requires) <= 3 and not popularity.required.get(each.name)]
    order = Random("dependencies").sample(small, len(small))
    while True:
        yield from order

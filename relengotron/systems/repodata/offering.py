"""Which packages provide what others lack?"""

from collections.abc import Iterable, Mapping, Sequence

import solv

from relengotron.systems.repodata.dependencies import Dependencies
from relengotron.systems.repodata.headers import Header
from relengotron.systems.repodata.metadata import Shown
from relengotron.systems.repodata.newcomers import ROOM, Newcomers
from relengotron.systems.repodata.rich import atoms


def offers(builds: Mapping[str, Sequence[Header]], requirements: Iterable[str]) -> Mapping[str, frozenset[str]]:
    """The builds that provide each requirement, or a part of one that has several.

    Raises:
        MalformedInput: one of them is no requirement.
    """
    pool = solv.Pool()
    pool.setdisttype(solv.Pool.DISTTYPE_RPM)
    pool.add_repo(ROOM)
    dependencies = Dependencies(pool)
    newcomers = Newcomers(pool, dependencies, Shown(pool, dependencies, frozenset()), second=frozenset())
    owners: dict[int, str] = {}
    for name, headers in builds.items():
        owners |= {number: name for number in map(newcomers.add, headers) if number is not None}
    newcomers.link(owners)
    found = {text: atoms(dependencies.parsed(dependencies.number_of_text(text))) for text in requirements}
    return {
        text: frozenset(owners[number] for each in parts for number in newcomers.providers(each))
        for text, parts in found.items()
    }

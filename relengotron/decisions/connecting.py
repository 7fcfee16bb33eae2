"""Which builds belong together, because one of them breaks what another mends?"""

from collections.abc import Collection, Iterable, Mapping

from relengotron.model.closure import Break


def connections(
    alone: Mapping[str, Iterable[Break]], packages: Mapping[str, str], offered: Mapping[str, Collection[str]]
) -> tuple[tuple[str, ...], ...]:
    """Groups of builds that go together or not at all; builds that no other needs are in none.

    ``alone`` has what each build breaks by itself, ``packages`` the package of each, and ``offered`` by requirement
    the builds that provide it.
    """
    ordered = sorted(packages)
    owners = {packages[nvr]: nvr for nvr in ordered}
    whole_of = {nvr: {nvr} for nvr in ordered}
    for nvr in ordered:
        for each in alone.get(nvr, ()):
            for other in _menders(each, owners, offered):
                if other in whole_of and other not in whole_of[nvr]:
                    together = whole_of[nvr] | whole_of[other]
                    whole_of |= dict.fromkeys(together, together)
    distinct = {id(whole): whole for whole in whole_of.values() if len(whole) > 1}
    return tuple(sorted(tuple(sorted(whole)) for whole in distinct.values()))


def _menders(each: Break, owners: Mapping[str, str], offered: Mapping[str, Collection[str]]) -> list[str]:
    """Who brings what is missing, and who brings the broken package anew."""
    rebuilt = [] if each.is_new or each.source not in owners else [owners[each.source]]
    return [*rebuilt, *sorted(offered.get(each.requirement, ()))]

"""Can the repos be looked after that the calendar names?"""

import os
from collections.abc import Iterator
from functools import partial

from relengotron.examination.finding import Finding, NotWell, look
from relengotron.settings import Settings
from relengotron.settings.calendar import TreeCare
from relengotron.systems.world import World

_REMEDY = "look at calendar in relengotron.yaml; the daemon's user must own what is in the repo and its archive"


def findings(settings: Settings, world: World) -> Iterator[Finding]:
    """Each repo of the calendar once for each appointment."""
    for each in settings.calendar:
        yield look(f"calendar: {each.name}", partial(_repo, each.trees, world), _REMEDY)


def _repo(wanted: TreeCare, world: World) -> str:
    refs = world.ostree(wanted.repo).refs()
    for place in (wanted.repo, wanted.repo / "objects"):
        if not os.access(place, os.W_OK):
            raise NotWell(f"{place} is not writable")
    for each in wanted.archive:
        parent = next(above for above in (each.into, *each.into.parents) if above.exists())
        if not os.access(parent, os.W_OK):
            raise NotWell(f"{parent} is not writable, and {each.into} is wanted there")
    return f"{wanted.repo} has {len(refs)} refs, and is writable"

"""Which builds at a gate does nobody answer for, because the run that did was called off or ended without them?"""

from sqlalchemy import Connection, literal, select

from relengotron.engine.journal import gated
from relengotron.engine.journal.columns import as_stored
from relengotron.engine.journal.tables import gated_builds, runs
from relengotron.model.gated import BuildState, GatedBuild, lane_of_quarantine
from relengotron.model.quarantine import KEPT_BY
from relengotron.model.run import RunState

ENDED = (RunState.CANCELLED, RunState.DONE)
"""A run that failed or was parked still answers for its builds: people can let it try again."""


def under_test(db: Connection, gate: str) -> list[str]:
    """The builds that a batch which has ended was still testing, or was about to move."""
    query = (
        select(gated_builds.c.nvr)
        .join(runs, runs.c.key == literal("batch ") + gated_builds.c.batch)
        .where(
            gated_builds.c.gate == gate,
            gated_builds.c.state.in_([str(BuildState.TESTING), str(BuildState.MOVING)]),
            runs.c.state.in_(list(map(str, ENDED))),
        )
    )
    return list(db.execute(query).scalars())


def in_quarantine(db: Connection, gate: str) -> list[GatedBuild]:
    """The builds in quarantine that no run looks after."""
    ended = list(map(str, ENDED))
    query = select(runs.c.lane).where(runs.c.workflow == KEPT_BY, runs.c.state.not_in(ended))
    answered = frozenset(db.execute(query).scalars())
    builds = gated.at(db, gate, (BuildState.QUARANTINED,))
    return [each for each in builds if as_stored(runs.c.lane, lane_of_quarantine(gate, each.nvr)) not in answered]

"""How does somebody begin to look after a build in quarantine?"""

from sqlalchemy import Connection

from relengotron.decisions.ordering import AT_A_GATE
from relengotron.engine.journal import runs
from relengotron.model.codec import from_json
from relengotron.model.gated import GatedBuild, Quarantine, Suspicion, lane_of_quarantine
from relengotron.model.intents import Start
from relengotron.model.quarantine import KEPT_BY

MOST = 1000


def keeping(build: GatedBuild, suspicion: Suspicion, trigger_msg_id: str, before: int = 0) -> Start:
    """The run that looks after one stay of a build; ``before`` counts those that were called off before it.

    The same stay asked for again is the same run, whoever asks after a crash.
    """
    kept = Quarantine(build.gate, build.nvr, build.package, build.owner, suspicion, build.batch)
    key = f"{KEPT_BY} {build.gate} {build.nvr} {build.tries}{f' again {before}' if before else ''}"
    return Start(KEPT_BY, lane_of_quarantine(build.gate, build.nvr), key, kept, trigger_msg_id, AT_A_GATE)


def keeping_again(db: Connection, build: GatedBuild) -> Start:
    """The same after somebody called the last run of this stay off: it knows what that one knew."""
    before = runs.newest(db, MOST, lane=lane_of_quarantine(build.gate, build.nvr))
    known = from_json(Quarantine, before[0].request).suspicion if before else Suspicion(build.nvr, build.reason)
    return keeping(build, known, f"gate {build.gate}", len(before))

"""What went live under an artifact's name, in which run and when?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from relengotron.engine.journal.tables import evidence, runs
from relengotron.engine.journal.times import moment

_MOST = 200


@dataclass(frozen=True, slots=True)
class Publication:
    """One identity that went live."""

    identity: str
    run: str
    at: datetime
    facts: Mapping[str, Any]


def of_artifact(db: Connection, lane: str, artifact: str) -> list[Publication]:
    """The newest first, whether they were taken back later or not."""
    query = (
        select(evidence.c.run, evidence.c.facts, evidence.c.at)
        .join(runs, runs.c.id == evidence.c.run)
        .where(evidence.c.subject_kind == "artifact", evidence.c.subject == artifact, evidence.c.state == "live")
        .where(runs.c.lane == lane)
        .order_by(evidence.c.id.desc())
        .limit(_MOST)
    )
    return [
        Publication(str(facts["identity"]), run, moment(at), facts)
        for run, facts, at in db.execute(query)
        if "identity" in facts
    ]

"""One message of each topic about gates, in its shortest form; the longest form is the example of its schema."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from relengotron.messages import gate, gate_build
from relengotron.messages.outgoing import OutgoingMessage, RunFacts
from relengotron.model.gated import Closing, GateBatch, Pass, Suspicion

NOW: Final = datetime(2016, 6, 18, 2, 41, tzinfo=UTC)
BUILD: Final = gate.BuildFacts("bash-4.3.46-1.fc25", "bash", "ooprala")
BATCH: Final = GateBatch("rawhide", "rawhide-1", (BUILD.nvr,), "it came alone")
SUSPECT: Final = Suspicion(BUILD.nvr, "dist.rpmdeplint failed")


def facts(run: RunFacts) -> gate.GateFacts:
    """What the messages of a batch say of its gate."""
    tags = ("rawhide-pending", "rawhide", "rawhide-badnewsbears")
    return gate.GateFacts("rawhide", tags, run.at, run.run, BATCH.id, links=run.links)


GATE: Final[dict[str, Callable[[RunFacts], OutgoingMessage]]] = {
    "gate.batch.open": lambda run: gate.batch_open(facts(run), BATCH, [BUILD]),
    "gate.batch.testing": lambda run: gate.batch_testing(
        facts(run), BATCH, [BUILD], item="rawhide-ab12cd34ef56.1", tests=[], repos={}
    ),
    "gate.batch.passed": lambda run: gate.batch_passed(facts(run), BATCH, [BUILD], started_at=NOW),
    "gate.batch.failed": lambda run: gate.batch_failed(facts(run), BATCH, [BUILD], "it is bad", suspects=[SUSPECT]),
    "gate.batch.hold": lambda run: gate.batch_hold(
        facts(run), [BUILD], "it waits", missing=["it waits"], since=NOW, deadline=NOW, owner="releng", command="x"
    ),
    "gate.build.accepted": lambda run: gate_build.accepted(facts(run), BUILD, "it is good"),
    "gate.build.quarantined": lambda run: gate_build.quarantined(
        facts(run), BUILD, SUSPECT, owner="ooprala", command="x"
    ),
    "gate.build.released": lambda run: gate_build.released(facts(run), BUILD, "it is good", agent=None, since=NOW),
    "gate.build.superseded": lambda run: gate_build.superseded(facts(run), BUILD, "a newer came", by="bash-4.4-1.fc25"),
    "gate.build.gone": lambda run: gate_build.gone(facts(run), BUILD, "it was taken out"),
    "gate.build.reminder": lambda run: gate_build.reminder(
        facts(run), BUILD, "it is bad", since=NOW, count=1, owner="ooprala", command="x"
    ),
    "gate.build.retry": lambda run: gate_build.retry(facts(run), BUILD, "again", agent="ooprala", tests=[], repos={}),
    "gate.closed": lambda run: gate.gate_closed(facts(run), Closing("rawhide", "kevin", "mass rebuild", NOW)),
    "gate.opened": lambda run: gate.gate_opened(facts(run), "kevin", None, []),
    "gate.passed_by_people": lambda run: gate.passed_by_people(
        facts(run), BUILD, [Pass("rawhide", BUILD.nvr, "kevin", "it mends booting", NOW)], is_enough=False
    ),
}

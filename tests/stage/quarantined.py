"""A build that is in quarantine when the story begins, as a gate would have put it there."""

from relengotron.engine.journal import gated, runs
from relengotron.engine.journal.database import Database
from relengotron.model.gated import BuildState, GatedBuild, Suspicion
from relengotron.model.quarantine import KEPT_BY
from relengotron.model.run import Run
from relengotron.workflows.gating.quarantine.beginning import keeping
from tests.stage.gate_configuration import BUILD_TEST, GATE, QUARANTINE
from tests.stage.gate_stage import PACKAGER, GateStage

NVR = "bash-5.0-1.fc26"
BATCH = "rawhide-0123456789ab"
WHY = "dist.gate_build has failed"


def in_quarantine(stage: GateStage, nvr: str = NVR, *, is_tested: bool = True, owner: str = PACKAGER) -> None:
    """A build failed its test and was moved; without a test nobody knows why it is there."""
    if not stage.outside.hub.call(None, "getBuild", nvr):
        stage.build_lands(nvr, owner=owner, into=QUARANTINE)
    failed = stage.tester.post(nvr, "FAILED") if is_tested else 0
    suspicion = Suspicion(nvr, WHY, (BUILD_TEST,), (failed,)) if is_tested else Suspicion(nvr, WHY)
    batch, now, name = BATCH if is_tested else None, stage.clock(), nvr.rsplit("-", 2)[0]
    build = GatedBuild(GATE, nvr, name, "0", owner, BuildState.QUARANTINED, batch, WHY, now, now)
    with by_somebody_else(stage).write() as db:
        gated.arrive(db, build)
        opened = runs.open_run(db, keeping(build, suspicion, "2016-gate"), now)
    if opened is not None:
        stage.machine.wakes.wake(opened, 10)


def by_somebody_else(stage: GateStage) -> Database:
    """The journal for what the story itself writes: no power is cut meanwhile."""
    return Database(stage.settings.journal.url)


def keeper_of(stage: GateStage) -> Run:
    """The newest run that looks after a build in quarantine."""
    return stage.runs(KEPT_BY)[-1]


def wish(stage: GateStage, way: str, nvr: str = NVR, *, agent: str = "ralph", msg_id: str | None = None) -> None:
    """Somebody types ``relengotron quarantine release|retry|drop``."""
    stage.says("quarantine", agent, msg_id, gate=GATE, build=nvr, way=way, reason="because")

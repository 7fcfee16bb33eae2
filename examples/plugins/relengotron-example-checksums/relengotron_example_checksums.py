"""Checksum lists: the SHA-256 of every file of a repo, made in a build root and published as one file."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from relengotron.errors import StateDisagrees
from relengotron.sdk import (
    Artifact,
    Built,
    Failed,
    FailureKind,
    KojiTask,
    MirroredPlugin,
    Plan,
    Published,
    Running,
    Workbench,
    as_previous,
    file_of,
    unfinished,
)
from relengotron.systems.koji.port import Runroot
from relengotron.systems.mirror.paths import rel_path


@dataclass(frozen=True, slots=True)
class ChecksumsSettings:
    """What the list is called, and what its build root needs."""

    file_name: str = "SHA256SUMS"
    task_arch: str = "x86_64"
    packages: tuple[str, ...] = ("rhash",)

    def __post_init__(self) -> None:
        """Refuse names that lead elsewhere; ``check-config`` shows the sentence."""
        if rel_path(self.file_name) != Path(self.file_name).name:
            raise ValueError("allowed: a file name without directories")


class ChecksumsPlugin(MirroredPlugin[ChecksumsSettings]):
    """One list of one repo."""

    kind: ClassVar[str] = "checksums"
    settings: ClassVar[type] = ChecksumsSettings

    def plan(self, artifact: Artifact, bench: Workbench) -> Plan:
        """One runroot task that reads the repo and writes the list."""
        own = self.settings_of(artifact)
        return Plan(
            artifact=artifact,
            output=str(bench.store / "list" / own.file_name),
            effects=(
                f"Koji task runroot in {bench.release.build_tag}: rhash over {', '.join(artifact.made_from)}",
                f"publish {own.file_name} below {artifact.target}",
            ),
        )

    def compose(self, plan: Plan, bench: Workbench) -> Built | Running | Failed:
        """The list exists, made by one task of this run."""
        own = self.settings_of(plan.artifact)
        source = next((bench.inputs[name] for name in plan.artifact.made_from if name in bench.inputs), None)
        if source is None:
            return Failed(FailureKind.COMPOSE_FAILED, f"there is no repo that {plan.artifact.name} could list")
        task = bench.koji_task(
            KojiTask(
                key=f"compose {plan.artifact.name}",
                method="runroot",
                marker=plan.output,
                what=f"list the files of {source.artifact}",
                ask=lambda: bench.koji.runroot(self._runroot(plan, own, source, bench)),
            )
        )
        return unfinished(task, bench) or self._built(plan, bench, task.id)

    def unsigned(self, built: Built, artifact: Artifact, bench: Workbench) -> tuple[str, ...]:
        """Nobody signs the list: it is there to be compared, and the repo that it lists is signed."""
        return ()

    def publish(self, built: Built, artifact: Artifact, bench: Workbench) -> Published:
        """The list is live; the mirror switches it at once."""
        target = rel_path(artifact.target)
        switched = bench.mirror.switch(bench.mirror.stage(Path(built.location), target, bench.run))
        return Published(
            artifact=artifact.name,
            identity=built.identity,
            expected={f"{target}/{path}": entry.sha256 for path, entry in switched.current.items()},
            previous=as_previous(switched.previous),
        )

    @staticmethod
    def _runroot(plan: Plan, own: ChecksumsSettings, source: Built, bench: Workbench) -> Runroot:
        Path(plan.output).parent.mkdir(parents=True, exist_ok=True)
        command = ("rhash", "--sha256", "--recursive", f"--output={plan.output}", source.location)
        return Runroot(bench.release.build_tag, own.task_arch, command, own.packages)

    def _built(self, plan: Plan, bench: Workbench, task: int) -> Built:
        path = Path(plan.output)
        if not path.is_file():
            raise StateDisagrees(f"task {task} closed well, but {path} is not there")
        file = file_of(path.parent, path)
        identity = f"sha256-{file.sha256[:16]}-{path.name}"
        live = (bench.mirror.published(rel_path(plan.artifact.target)) or {}).get(path.name)
        same_as = f"the list {path.name} that is live" if live == (file.sha256, file.size) else None
        return Built(plan.artifact.name, self.kind, identity, str(path.parent), task, (file,), same_as=same_as)

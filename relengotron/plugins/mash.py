"""Repos: what a Koji tag shows, mashed in a build root and published arch by arch."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

from relengotron.errors import RequestRefused, StateDisagrees, SystemUnreachable
from relengotron.plugins.repo_seen import dead_ends
from relengotron.plugins.repo_signatures import must_be_signed, sign_in, unsigned_in, with_signatures
from relengotron.sdk import (
    Artifact,
    Built,
    Failed,
    KojiTask,
    Manifest,
    MirroredPlugin,
    Plan,
    Probe,
    Published,
    Running,
    Workbench,
    digest_of,
    file_of,
    publication,
    unfinished,
)
from relengotron.sdk.files import is_plain_below
from relengotron.systems.koji.port import Runroot
from relengotron.systems.mirror.paths import rel_path
from relengotron.systems.mirror.port import Changes, Entry, SourceChanged
from relengotron.systems.mirror.port import Manifest as Shown
from relengotron.systems.repodata.repomd import REPOMD

_WORTH_KEEPING = 5_000
"""A push changes some hundred files; the first publication of a repo changes all, and is compared when it comes."""


@dataclass(frozen=True, slots=True)
class MashSettings:
    """Where mash finds its configuration on the builder, and what its build root needs."""

    config: str = "/etc/mash/mash.conf"
    comps: str | None = None
    task_arch: str = "x86_64"
    packages: tuple[str, ...] = ("mash", "createrepo_c")
    mounts: tuple[str, ...] = ()


class MashPlugin(MirroredPlugin[MashSettings]):
    """A repo per arch, made by one mash task from one tag."""

    kind: ClassVar[str] = "mash"
    settings: ClassVar[type] = MashSettings

    def koji_permissions(self, artifact: Artifact) -> frozenset[str]:
        """It is made by a runroot task."""
        return frozenset({"runroot"})

    def manifest(self, artifact: Artifact, bench: Workbench) -> Manifest | None:
        """The groups that the repo shows, where this machine sees the file that mash reads."""
        comps = self.settings_of(artifact).comps
        try:
            return None if comps is None else Manifest(digest_of(Path(comps)), comps)
        except FileNotFoundError:
            return None
        except OSError as trouble:
            raise SystemUnreachable(f"{comps} cannot be read: {trouble}") from trouble

    def plan(self, artifact: Artifact, bench: Workbench) -> Plan:
        """One runroot task that mashes the lane's tag."""
        return Plan(
            artifact=artifact,
            output=str(bench.store / bench.release.tag),
            effects=(
                f"Koji task runroot in {bench.release.build_tag}: mash {bench.release.tag}",
                f"publish {', '.join(artifact.arches)} below {artifact.target}",
            ),
        )

    def compose(self, plan: Plan, bench: Workbench) -> Built | Running | Failed:
        """The tag is mashed, and every arch has readable metadata."""
        own = self.settings_of(plan.artifact)
        task = bench.koji_task(
            KojiTask(
                key=f"compose {plan.artifact.name}",
                method="runroot",
                marker=str(bench.store),
                what=f"mash {bench.release.tag}",
                ask=lambda: bench.koji.runroot(self._runroot(own, bench)),
            )
        )
        return unfinished(task, bench) or self._built(plan, bench, task.id)

    def live(self, artifact: Artifact, bench: Workbench) -> Built | None:
        """The repos that users get now."""
        manifest = bench.mirror.published(rel_path(artifact.target))
        if manifest is None:
            return None
        identity = _identity(bench.release.tag, _of_arches(manifest, artifact))
        place = bench.mirror.place(rel_path(artifact.target))
        return Built(artifact.name, self.kind, identity, str(place), None, repos=_repos(place, artifact))

    def unsigned(self, built: Built, artifact: Artifact, bench: Workbench) -> tuple[str, ...]:
        """Each repomd.xml without a good signature beside it."""
        return () if bench.signer is None else unsigned_in(Path(built.location), bench.signer)

    def sign(self, built: Built, artifact: Artifact, bench: Workbench) -> None:
        """Each repomd.xml has its signature beside it."""
        if bench.signer is not None and bench.signer.makes_signatures:
            tested = {file.path: file.sha256 for file in built.files}
            sign_in(Path(built.location), tested, bench.signer, bench.store / "signing")

    def publish(self, built: Built, artifact: Artifact, bench: Workbench) -> Published:
        """Every arch shows the mashed packages; packages first, metadata last."""
        target = rel_path(artifact.target)
        other = f"{built.location} is no longer what was tested as {built.identity}"
        changes = with_signatures(Changes.from_facts(built.changes), Path(built.location))
        try:
            staged = bench.mirror.stage(Path(built.location), target, bench.run, changes)
        except SourceChanged as changed:
            raise RequestRefused(f"{other}: {changed}") from changed
        if _identity(bench.release.tag, _of_arches(staged.manifest, artifact)) != built.identity:
            raise RequestRefused(other)
        if bench.signer is not None:
            must_be_signed(staged, Path(built.location), bench.signer, artifact.arches)
        switched = bench.mirror.switch(staged)
        return publication(artifact, built.identity, switched, {**switched.metadata, **switched.changed})

    def probe(self, published: Published, bench: Workbench) -> Probe:
        """Read every file that was published from outside; then follow the metadata as a client does."""
        probe = super().probe(published, bench)
        if not probe.is_live or published.before is None:
            return probe
        found = dead_ends(published, bench)
        return replace(probe, missing=(*found.late, *found.lies), lies=found.lies)

    @staticmethod
    def _runroot(own: MashSettings, bench: Workbench) -> Runroot:
        comps = ("-f", own.comps) if own.comps is not None else ()
        command = ("mash", "-o", str(bench.store), "-c", own.config, *comps, bench.release.tag)
        return Runroot(bench.release.build_tag, own.task_arch, command, own.packages, own.mounts)

    def _built(self, plan: Plan, bench: Workbench, task: int) -> Built:
        root = Path(plan.output)
        if not is_plain_below(bench.store, root):
            raise RequestRefused(f"{root}, which mash task {task} made, is a link or lies behind one")
        metadata = [root / arch / REPOMD for arch in plan.artifact.arches]
        absent = [str(path) for path in metadata if not path.is_file()]
        if absent:
            raise StateDisagrees(f"mash task {task} closed well, but these files are not there: {', '.join(absent)}")
        files = tuple(file_of(root, path) for path in metadata)
        identity = _identity(root.name, {file.path: Entry(file.sha256, file.size) for file in files})
        live = self.live(plan.artifact, bench)
        is_live = live is not None and live.identity == identity
        return Built(
            artifact=plan.artifact.name,
            kind=plan.artifact.kind,
            identity=identity,
            location=str(root),
            task_id=task,
            files=files,
            facts={"arch": list(plan.artifact.arches)},
            repos=_repos(root, plan.artifact),
            same_as=f"metadata of {identity}, which are live" if is_live else None,
            changes={} if is_live else _changes(root, plan.artifact, bench),
        )


def _of_arches(manifest: Shown, artifact: Artifact) -> Shown:
    """What readers of the artifact's own arches start from; a source repo beside them is no part of its identity."""
    points = (f"{arch}/{REPOMD}" for arch in artifact.arches)
    return {path: entry for path in points if (entry := manifest.get(path))}


def _changes(root: Path, artifact: Artifact, bench: Workbench) -> Mapping[str, Any]:
    """What this repo changes for users; there is time to read it before it is tested, and none when it goes live."""
    changes = bench.mirror.compare(root, rel_path(artifact.target))
    return changes.as_facts() if len(changes.shown) <= _WORTH_KEEPING else {}


def _repos(root: Path, artifact: Artifact) -> dict[str, str]:
    return {arch: (root / arch).as_uri() for arch in artifact.arches}


def _identity(tag: str, manifest: Shown) -> str:
    checksums = sorted(entry.sha256 for path, entry in manifest.items() if path.endswith(f"/{REPOMD}"))
    together = hashlib.sha256("\n".join(checksums).encode()).hexdigest()
    return f"{tag}-{together[:16]}"

"""OSTrees: one ref of one arch, composed into a private repo and promoted by content."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from relengotron.errors import RefMoved, RequestRefused
from relengotron.plugins.tree_compose import (
    MANIFEST,
    OstreeSettings,
    TreeCompose,
    proven_same,
    tree_of,
    version_of,
)
from relengotron.sdk import (
    Artifact,
    ArtifactPlugin,
    Built,
    Contents,
    Detected,
    Failed,
    Manifest,
    Plan,
    Probe,
    Published,
    Running,
    Workbench,
    digest_of,
    probe_of,
    unfinished,
)
from relengotron.sdk.in_git import source_of
from relengotron.systems.ostree.deltas import make_deltas
from relengotron.systems.ostree.port import OstreeRepo

__all__ = ["OstreePlugin", "OstreeSettings"]


class OstreePlugin(ArtifactPlugin[OstreeSettings]):
    """A tree: what was tested is promoted by its commit id, nothing is composed twice."""

    kind: ClassVar[str] = "ostree"
    settings: ClassVar[type] = OstreeSettings

    def koji_permissions(self, artifact: Artifact) -> frozenset[str]:
        """It is made by a runroot task."""
        return frozenset({"runroot"})

    def manifest(self, artifact: Artifact, bench: Workbench) -> Manifest:
        """The flattened treefile: what its branch shows now, and the configuration's own words on top."""
        own = self.settings_of(artifact)
        source = source_of(own.manifest, bench)
        return tree_of(artifact, own, bench, source).manifest(source.origin)

    def contents(self, artifact: Artifact, bench: Workbench) -> Contents | None:
        """The package list that the live commit carries."""
        own = self.settings_of(artifact)
        repo = bench.ostree(Path(own.live_repo))
        head = repo.head(own.ref)
        if head is None:
            return None
        info = repo.commit_info(head)
        manifest = proven_same(bench, head) or info.metadata.get(MANIFEST)
        return Contents(info.packages, f"commit {head[:12]} of {own.ref}", manifest)

    def plan(self, artifact: Artifact, bench: Workbench) -> Plan:
        """One runroot task that composes the tree on top of what is live, from the manifest as it is now."""
        own = self.settings_of(artifact)
        head = bench.ostree(Path(own.live_repo)).head(own.ref)
        source = source_of(own.manifest, bench)
        asks = f"Koji task runroot in {bench.release.build_tag}: ask rpm-ostree whether {own.ref} would change"
        return Plan(
            artifact=artifact,
            output=str(bench.store),
            effects=(
                *((asks,) if own.dry_run and head is not None else ()),
                f"Koji task runroot in {bench.release.build_tag}: rpm-ostree compose tree for {own.ref}",
                f"move {own.ref} from {head or 'nothing'} to the new commit in {own.url_path}",
            ),
            facts={"parent": head, "manifest_commit": source.commit},
        )

    def detect(self, plan: Plan, bench: Workbench) -> Detected | Running | Failed | None:
        """What rpm-ostree says after solving: would it make a new commit on top of the live one?"""
        work = TreeCompose(plan, self.settings_of(plan.artifact), bench)
        if not work.own.dry_run or work.parent is None:
            return None
        task = bench.koji_task(work.detect_task())
        unsaid = unfinished(task, bench)
        if unsaid is not None:
            return unsaid
        if work.stamp.exists():
            return Detected(True, f"rpm-ostree would make a new commit (Koji task {task.id})")
        work.note_same()
        return Detected(False, f"rpm-ostree's input hash is unchanged (Koji task {task.id})")

    def compose(self, plan: Plan, bench: Workbench) -> Built | Running | Failed:
        """A commit on top of the live one exists in the private repo, or the tree has not changed."""
        work = TreeCompose(plan, self.settings_of(plan.artifact), bench)
        task = bench.koji_task(work.compose_task())
        return unfinished(task, bench) or self._built(work, task.id)

    def live(self, artifact: Artifact, bench: Workbench) -> Built | None:
        """The tree that users get now."""
        own = self.settings_of(artifact)
        head = bench.ostree(Path(own.live_repo)).head(own.ref)
        if head is None:
            return None
        facts = self._facts(artifact, own, head, own.live_repo)
        return Built(artifact.name, self.kind, head, own.live_repo, None, facts=facts)

    def publish(self, built: Built, artifact: Artifact, bench: Workbench) -> Published:
        """The ref shows the tested commit; objects came first, then deltas, the summary last; nobody else writes it."""
        own = self.settings_of(artifact)
        repo, commit = bench.ostree(Path(own.live_repo)), built.identity
        repo.init_archive()
        with repo.hold(own.ref, f"publish {commit[:12]} for {bench.run}"):
            if not repo.has_commit(commit):
                repo.pull_local(Path(built.facts["repo"]), commit)
            make_deltas(repo, repo.head(own.ref), commit, own.deltas)
            old = bench.effect(
                f"promote {artifact.name}",
                f"show {commit} as {own.ref} in {own.url_path}",
                do=lambda: self._promote(repo, own.ref, commit, built.facts.get("parent")),
                find=lambda intent: intent.old if repo.head(own.ref) == commit else None,
                old={"ref": own.ref, "commit": repo.head(own.ref)},
            )
        repo.update_summary()
        return Published(
            artifact=artifact.name,
            identity=commit,
            expected=self._expected(own, repo, commit),
            links={"ref": own.ref, "path": own.url_path},
            previous={**old, "live_repo": own.live_repo},
        )

    def probe(self, published: Published, bench: Workbench) -> Probe:
        """Read ref, commit and summary from outside."""
        summary = Path(published.previous["live_repo"]) / "summary"
        shown = {f"{published.links['path']}/summary": digest_of(summary)}  # other refs of the repo change it too
        return probe_of(published.artifact, bench.mirror.look({**published.expected, **shown}))

    def withdraw(self, published: Published, artifact: Artifact, bench: Workbench) -> None:
        """The tree of before is the newest commit of the ref again: clients refuse to go back to an older one."""
        own = self.settings_of(artifact)
        repo, before = bench.ostree(Path(own.live_repo)), published.previous.get("commit")
        with repo.hold(own.ref, f"take {published.identity[:12]} back for {bench.run}"):
            if before is None:
                repo.delete_ref(own.ref, published.identity)
            elif before != published.identity == repo.head(own.ref):
                again = self._commit_again(repo, before, published.identity, bench)
                make_deltas(repo, published.identity, again, own.deltas)
                repo.set_ref(own.ref, again, published.identity)
        repo.update_summary()

    @staticmethod
    def _commit_again(repo: OstreeRepo, before: str, parent: str, bench: Workbench) -> str:
        return repo.commit_tree_of(
            before,
            parent=parent,
            subject=f"Take back {parent[:12]}",
            timestamp=bench.now(),
            version=version_of(bench),
            metadata=_kept(repo.commit_info(before).metadata),
        )

    def retire(self, artifact: Artifact, bench: Workbench) -> None:
        """The private repo keeps unpublished commits only as long as somebody refers to them: nothing to remove."""

    def _built(self, work: TreeCompose, task: int) -> Built:
        artifact, repo, commit = work.plan.artifact, str(work.private.path), work.commit_made_by(task)
        facts = self._facts(artifact, work.own, commit, repo) | {"parent": work.parent}
        return Built(artifact.name, self.kind, commit, repo, task, facts=facts, same_as=work.same_as_live(commit))

    @staticmethod
    def _facts(artifact: Artifact, own: OstreeSettings, commit: str, repo: str) -> dict[str, Any]:
        return {"ref": own.ref, "commit": commit, "repo": repo, "arch": artifact.arches[0]}

    @staticmethod
    def _promote(repo: OstreeRepo, ref: str, commit: str, parent: str | None) -> dict[str, Any]:
        before = repo.head(ref)
        try:
            repo.set_ref(ref, commit, expected_old=parent)
        except RefMoved as moved:
            raise RequestRefused(f"{ref} moved after this tree was composed on top of it: {moved}") from moved
        return {"ref": ref, "commit": before}

    @staticmethod
    def _expected(own: OstreeSettings, repo: OstreeRepo, commit: str) -> dict[str, str]:
        ref_file = hashlib.sha256(f"{commit}\n".encode()).hexdigest()
        commit_object = f"objects/{commit[:2]}/{commit[2:]}.commit"
        return {
            f"{own.url_path}/refs/heads/{own.ref}": ref_file,
            f"{own.url_path}/{commit_object}": digest_of(repo.path / commit_object),
        }


def _kept(metadata: Mapping[str, str]) -> dict[str, str]:
    """What goes along when the files are committed again: which manifest they were made from."""
    return {key: value for key, value in metadata.items() if key == MANIFEST}

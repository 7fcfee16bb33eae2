"""OSTrees: one ref of one arch, composed into a private repo and promoted by content."""

from pathlib import Path
from typing import Any, ClassVar

from relengotron.errors import RefMoved, RequestRefused
from relengotron.plugins.tree_again import FILES_OF, Ref, show_once_more, take_back, way_back
from relengotron.plugins.tree_compose import MANIFEST, OstreeSettings, TreeCompose, proven_same, tree_of
from relengotron.plugins.tree_seen import before_of, expected_of, look
from relengotron.plugins.tree_signature import bring_signatures, sign, unsigned_of
from relengotron.sdk import (
    Artifact,
    ArtifactPlugin,
    Built,
    Contents,
    Detected,
    Failed,
    HowToTry,
    Manifest,
    Package,
    Plan,
    Probe,
    Published,
    Running,
    WayBack,
    Workbench,
    unfinished,
)
from relengotron.sdk.in_git import source_of
from relengotron.sdk.mirrored import NOTHING
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

    def packages(self, built: Built, artifact: Artifact, bench: Workbench) -> tuple[Package, ...] | None:
        """The package list that the commit carries."""
        return bench.ostree(Path(built.facts["repo"])).commit_info(built.identity).packages

    def live(self, artifact: Artifact, bench: Workbench) -> Built | None:
        """The tree that users get now."""
        own = self.settings_of(artifact)
        head = bench.ostree(Path(own.live_repo)).head(own.ref)
        if head is None:
            return None
        facts = self._facts(artifact, own, head, own.live_repo)
        again = bench.ostree(Path(own.live_repo)).commit_info(head).metadata.get(FILES_OF)
        facts |= {} if again is None else {"files_of": again}
        return Built(artifact.name, self.kind, head, own.live_repo, None, facts=facts)

    def unsigned(self, built: Built, artifact: Artifact, bench: Workbench) -> tuple[str, ...]:
        """The commit, unless the key has signed it."""
        return unsigned_of(built, bench)

    def sign(self, built: Built, artifact: Artifact, bench: Workbench) -> None:
        """The commit carries a signature."""
        sign(built, bench)

    def publish(self, built: Built, artifact: Artifact, bench: Workbench) -> Published:
        """The ref shows the tested commit; objects came first, then deltas, the summary last; nobody else writes it."""
        own = self.settings_of(artifact)
        repo, commit = bench.ostree(Path(own.live_repo)), built.identity
        repo.init_archive()
        with repo.hold(own.ref, f"publish {commit[:12]} for {bench.run}"):
            if not repo.has_commit(commit):
                repo.pull_local(Path(built.facts["repo"]), commit)
            bring_signatures(repo, built, bench)
            ref, parent = Ref(repo, own.ref, own.deltas), built.facts.get("parent")
            old = bench.effect(
                f"promote {artifact.name}",
                f"show {commit} as {own.ref} in {own.url_path}",
                do=lambda: self._promote(ref, commit, parent, bench),
                find=lambda intent: intent.old if ref.is_files_of(commit) else None,
                old={"ref": own.ref, "commit": repo.head(own.ref)},
            )
            head = repo.head(own.ref)
        repo.update_summary()
        return self._shown(artifact, own, repo, head, old["commit"])

    def how_to_try(self, published: Published, artifact: Artifact, bench: Workbench) -> HowToTry:
        """The ref with its commit and version, and how to change to it."""
        own, commit = self.settings_of(artifact), published.identity
        version = bench.ostree(Path(own.live_repo)).commit_info(commit).version
        facts = {"ref": own.ref, "commit": commit} | ({"version": version} if version is not None else {})
        remote = f"try-{bench.release.request}"
        commands = (
            f"ostree remote add --if-not-exists {remote} {{mirror}}/{own.url_path}",
            f"rpm-ostree rebase {remote}:{own.ref}",
        )
        return HowToTry((own.url_path,), facts, commands)

    def probe(self, published: Published, bench: Workbench) -> Probe:
        """Read ref, commit, its objects and the summary from outside."""
        return look(published, bench.ostree(Path(published.previous["live_repo"])), bench)

    def pointers(self, artifact: Artifact, bench: Workbench) -> tuple[str, ...]:
        """The ref, the summary that lists it with its signature, and the repo's own settings."""
        own = self.settings_of(artifact)
        names = (f"refs/heads/{own.ref}", "summary", "summary.sig", "config")
        return tuple(f"{own.url_path}/{name}" for name in names)

    def way_back(self, published: Published, artifact: Artifact, bench: Workbench) -> WayBack:
        """The files of before have to be there, and nobody else may have moved the ref meanwhile."""
        own = self.settings_of(artifact)
        repo, before = bench.ostree(Path(own.live_repo)), published.previous.get("commit")
        return way_back(artifact.name, Ref(repo, own.ref, own.deltas), published.identity, before)

    def withdraw(self, published: Published, artifact: Artifact, bench: Workbench) -> Published | None:
        """The tree of before is the newest commit of the ref again: clients refuse to go back to an older one."""
        own = self.settings_of(artifact)
        repo, before = bench.ostree(Path(own.live_repo)), published.previous.get("commit")
        with repo.hold(own.ref, f"take {published.identity[:12]} back for {bench.run}"):
            head, ref = repo.head(own.ref), Ref(repo, own.ref, own.deltas)
            if before is None:
                repo.delete_ref(own.ref, published.identity)
            elif head is None and published.identity == NOTHING:
                repo.set_ref(own.ref, before, None)
            elif before != published.identity == head:
                take_back(ref, published.identity, before, bench)
            head = repo.head(own.ref)
        repo.update_summary()
        return self._shown(artifact, own, repo, head, None if published.identity == NOTHING else published.identity)

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
    def _promote(ref: Ref, commit: str, parent: str | None, bench: Workbench) -> dict[str, Any]:
        """The tested commit, where clients can go there; where it was taken back before, its files in a newer one."""
        repo, before = ref.repo, ref.repo.head(ref.name)
        if ref.took_back() == commit:
            show_once_more(ref, commit, bench)
            return {"ref": ref.name, "commit": before}
        make_deltas(repo, before, commit, ref.deltas)
        try:
            repo.set_ref(ref.name, commit, expected_old=parent)
        except RefMoved as moved:
            raise RequestRefused(f"{ref.name} moved after this tree was composed on top of it: {moved}") from moved
        return {"ref": ref.name, "commit": before}

    @staticmethod
    def _shown(
        artifact: Artifact, own: OstreeSettings, repo: OstreeRepo, head: str | None, before: str | None
    ) -> Published:
        """What the ref shows, as a publication."""
        return Published(
            artifact=artifact.name,
            identity=head or NOTHING,
            expected={} if head is None else expected_of(repo, own.url_path, own.ref, head),
            links={"ref": own.ref, "path": own.url_path},
            previous={"ref": own.ref, "commit": before, "live_repo": own.live_repo},
            before=before_of(own.url_path, own.ref, before),
        )

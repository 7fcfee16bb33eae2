"""OSTrees: one ref of one arch, composed into a private repo and promoted by content."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from relengotron.errors import RefMoved, RequestRefused, StateDisagrees
from relengotron.sdk import (
    Artifact,
    ArtifactPlugin,
    Built,
    Failed,
    KojiTask,
    Plan,
    Probe,
    Published,
    Running,
    Workbench,
    digest_of,
    probe_of,
    unfinished,
)
from relengotron.systems.koji.port import Runroot
from relengotron.systems.ostree.port import OstreeRepo


@dataclass(frozen=True, slots=True)
class OstreeSettings:
    """Which ref in which live repo, and what is in the tree.

    ``live_repo`` is the repo on the master mirror, ``url_path`` the same below the mirror's URL. ``treefile`` holds
    rpm-ostree's keys (packages, exclude-packages...); ref, repos and release are filled in.
    """

    ref: str
    live_repo: str
    url_path: str
    treefile: dict[str, Any] = field(default_factory=dict)
    packages: tuple[str, ...] = ("rpm-ostree",)
    mounts: tuple[str, ...] = ()


class OstreePlugin(ArtifactPlugin[OstreeSettings]):
    """A tree: what was tested is promoted by its commit id, nothing is composed twice."""

    kind: ClassVar[str] = "ostree"
    settings: ClassVar[type] = OstreeSettings

    def koji_permissions(self, artifact: Artifact) -> frozenset[str]:
        """It is made by a runroot task."""
        return frozenset({"runroot"})

    def plan(self, artifact: Artifact, bench: Workbench) -> Plan:
        """One runroot task that composes the tree on top of what is live."""
        own = self.settings_of(artifact)
        head = bench.ostree(Path(own.live_repo)).head(own.ref)
        return Plan(
            artifact=artifact,
            output=str(bench.store),
            effects=(
                f"Koji task runroot in {bench.release.build_tag}: rpm-ostree compose tree for {own.ref}",
                f"move {own.ref} from {head or 'nothing'} to the new commit in {own.url_path}",
            ),
            facts={"parent": head},
        )

    def compose(self, plan: Plan, bench: Workbench) -> Built | Running | Failed:
        """A commit on top of the live one exists in the private repo, or the tree has not changed."""
        own = self.settings_of(plan.artifact)
        task = bench.koji_task(
            KojiTask(
                key=f"compose {plan.artifact.name}",
                method="runroot",
                marker=str(bench.store),
                what=f"compose {own.ref}",
                ask=lambda: bench.koji.runroot(self._prepare(plan, own, bench)),
            )
        )
        return unfinished(task, bench) or self._built(plan, own, bench, task.id)

    def live(self, artifact: Artifact, bench: Workbench) -> Built | None:
        """The tree that users get now."""
        own = self.settings_of(artifact)
        head = bench.ostree(Path(own.live_repo)).head(own.ref)
        if head is None:
            return None
        facts = self._facts(artifact, own, head, own.live_repo)
        return Built(artifact.name, self.kind, head, own.live_repo, None, facts=facts)

    def publish(self, built: Built, artifact: Artifact, bench: Workbench) -> Published:
        """The ref shows the tested commit; objects came first, the summary last."""
        own = self.settings_of(artifact)
        repo, commit = bench.ostree(Path(own.live_repo)), built.identity
        repo.init_archive()
        if not repo.has_commit(commit):
            repo.pull_local(Path(built.facts["repo"]), commit)
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
        if before is None:
            repo.delete_ref(own.ref, published.identity)
        elif before != published.identity == repo.head(own.ref):
            again = repo.commit_tree_of(
                before,
                parent=published.identity,
                subject=f"Take back {published.identity[:12]}",
                timestamp=bench.now(),
                version=_version(bench),
            )
            repo.set_ref(own.ref, again, published.identity)
        repo.update_summary()

    def retire(self, artifact: Artifact, bench: Workbench) -> None:
        """The private repo keeps unpublished commits only as long as somebody refers to them: nothing to remove."""

    def _prepare(self, plan: Plan, own: OstreeSettings, bench: Workbench) -> Runroot:
        """Write treefile and repo files, bring the parent into the private repo, and say what to run."""
        output, private = Path(plan.output), bench.ostree(bench.lasting_store / "repo")
        output.mkdir(parents=True, exist_ok=True)
        private.init_archive()
        parent = plan.facts["parent"]
        if parent is not None and not private.has_commit(parent):
            private.pull_local(Path(own.live_repo), parent, untrusted=False)  # our own bits: linked, not read again
        self._write_inputs(plan.artifact, own, bench, output)
        command = (
            "rpm-ostree",
            "compose",
            "tree",
            f"--repo={private.path}",
            f"--cachedir={bench.lasting_store / 'cache'}",
            f"--write-commitid-to={output / 'commitid'}",
            f"--write-composejson-to={output / 'compose.json'}",
            f"--touch-if-changed={output / 'changed'}",
            f"--add-metadata-string=version={_version(bench)}",
            f"--add-metadata-string=relengotron.run={bench.run}",
            *((f"--previous-commit={parent}", f"--parent={parent}") if parent is not None else ()),
            str(output / "treefile.json"),
        )
        return Runroot(bench.release.build_tag, plan.artifact.arches[0], command, own.packages, own.mounts)

    @staticmethod
    def _write_inputs(artifact: Artifact, own: OstreeSettings, bench: Workbench, output: Path) -> None:
        arch = artifact.arches[0]
        urls = {f"base-{number}": url for number, url in enumerate(bench.release.base_repos.get(arch, ()))}
        urls |= {f"push-{number}": url for number, url in enumerate(_repos(bench, arch))}
        for name, url in urls.items():
            (output / f"{name}.repo").write_text(f"[{name}]\nname={name}\nbaseurl={url}\ngpgcheck=0\nenabled=1\n")
        filled = {"ref": own.ref, "repos": list(urls), "releasever": bench.release.version, "basearch": arch}
        (output / "treefile.json").write_text(json.dumps({**own.treefile, **filled}, indent=1, sort_keys=True))

    def _built(self, plan: Plan, own: OstreeSettings, bench: Workbench, task: int) -> Built | Failed:
        private = bench.ostree(bench.lasting_store / "repo")
        written = Path(plan.output) / "commitid"
        commit = written.read_text().strip() if written.is_file() else plan.facts["parent"]
        if commit is None or not private.has_commit(commit):
            raise StateDisagrees(f"compose task {task} closed well, but its commit {commit} is not in {private.path}")
        facts = self._facts(plan.artifact, own, commit, str(private.path))
        facts |= {"parent": plan.facts["parent"], "unchanged": commit == plan.facts["parent"]}
        return Built(plan.artifact.name, self.kind, commit, str(private.path), task, facts=facts)

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


def _repos(bench: Workbench, arch: str) -> list[str]:
    return [built.repos[arch] for built in bench.inputs.values() if arch in built.repos]


def _version(bench: Workbench) -> str:
    """A version that grows with time: the release and the moment the run was opened."""
    return f"{bench.release.version}.{bench.run[:15].replace('-', '.')}"

"""How is a tree composed: which words does rpm-ostree get, and what do its answers mean?"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field

from relengotron.errors import MalformedInput, StateDisagrees
from relengotron.sdk import Artifact, InGit, KojiTask, Plan, Workbench
from relengotron.sdk.files import read_plain, write_plain
from relengotron.sdk.in_git import Source, source_of
from relengotron.sdk.treefile import Flattened, flatten
from relengotron.systems.koji.port import Runroot
from relengotron.systems.mirror.paths import rel_path
from relengotron.systems.ostree.names import checked_ref
from relengotron.systems.ostree.port import OstreeRepo

MANIFEST: Final = "relengotron.manifest"
"""The key under which a commit remembers the digest of the manifest that it was composed from."""


@dataclass(frozen=True, slots=True)
class OstreeSettings:
    """Which ref in which live repo, and what is in the tree.

    ``live_repo`` is the repo on the master mirror, ``url_path`` the same below the mirror's URL. ``manifest`` is a
    treefile in git; ``treefile`` holds rpm-ostree's keys (packages, exclude-packages...) and is merged on top of it;
    ref, repos and release are filled in. ``dry_run`` asks rpm-ostree itself before a compose that may bring nothing.
    ``deltas``: clients come to a new commit in one download from so many former ones.
    """

    ref: str
    live_repo: str
    url_path: str
    treefile: dict[str, Any] = field(default_factory=dict)
    manifest: InGit | None = None
    dry_run: bool = False
    deltas: Annotated[int, Field(ge=0, le=100)] = 0
    packages: tuple[str, ...] = ("rpm-ostree",)
    mounts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what is no ref, and what would lead out of the mirror; ``check-config`` shows the sentence."""
        if not Path(self.live_repo).is_absolute() or ".." in Path(self.live_repo).parts:
            raise ValueError("allowed: as live_repo an absolute path without ..")
        try:
            checked_ref(self.ref)
            rel_path(self.url_path)
        except MalformedInput as odd:
            raise ValueError(f"allowed: a ref, and a path below the mirror's URL; {odd}") from odd


def tree_of(artifact: Artifact, own: OstreeSettings, bench: Workbench, source: Source) -> Flattened:
    """The flattened treefile: what its source says, and the configuration's own words on top."""
    arch, version = artifact.arches[0], bench.release.version
    return flatten(own.treefile, arch=arch, version=version, file=source.file, read=source.read)


@dataclass(frozen=True, slots=True)
class TreeCompose:
    """One tree in work: on top of what was live when it was planned, from the manifest of that moment."""

    plan: Plan
    own: OstreeSettings
    bench: Workbench

    @property
    def private(self) -> OstreeRepo:
        """The repo that the compose commits to; nobody outside sees it."""
        return self.bench.ostree(self.bench.lasting_store / "repo")

    @property
    def parent(self) -> str | None:
        """The commit that was live."""
        found: str | None = self.plan.facts["parent"]
        return found

    @property
    def stamp(self) -> Path:
        """What a dry run touches when a compose would make a new commit; its exit status is 0 in both cases."""
        return self.bench.store / "detect" / "changed"

    @property
    def _output(self) -> Path:
        return Path(self.plan.output)

    def compose_task(self) -> KojiTask:
        """The task that makes a commit, or finds that nothing has changed."""
        written = f"--write-commitid-to={self._output / 'commitid'}"
        return self._task("compose", written, lambda: self._ask(self._output, self._commit_words(written)))

    def detect_task(self) -> KojiTask:
        """The task that only solves."""
        touched = f"--touch-if-changed={self.stamp}"
        return self._task("detect", touched, lambda: self._ask(self.stamp.parent, ("--dry-run", touched)))

    def commit_made_by(self, task: int) -> str:
        """The commit that the finished task wrote, or the parent again.

        Raises:
            StateDisagrees: it is not there.
        """
        written, private = read_plain(self._output / "commitid", most=100), self.private
        commit = written.decode("ascii", "replace").strip() if written is not None else self.parent
        if commit is None or not private.has_commit(commit):
            raise StateDisagrees(f"compose task {task} closed well, but its commit {commit} is not in {private.path}")
        return commit

    def same_as_live(self, commit: str) -> str | None:
        """Why users have the same files already; then it is kept that this manifest makes what is live."""
        private, live = self.private, self.bench.ostree(Path(self.own.live_repo)).head(self.own.ref)
        if live is None or live != self.parent:
            return None
        content = private.content_checksum(live)
        if private.content_checksum(commit) != content:
            return None
        self.note_same()
        return f"content {content[:12]} as in {live[:12]}"

    def note_same(self) -> None:
        """It is kept that this manifest, too, makes what the parent holds: else its edit would count in every push."""
        said = {"commit": self.parent, "manifest": self._tree().digest}
        write_plain(self.bench.lasting_store, _note(self.bench), json.dumps(said).encode())

    def _task(self, verb: str, marker: str, ask: Callable[[], int]) -> KojiTask:
        """The marker is a word of this task's command alone: neither verb takes the other's task for its own."""
        return KojiTask(f"{verb} {self.plan.artifact.name}", "runroot", marker, f"{verb} {self.own.ref}", ask)

    def _tree(self) -> Flattened:
        source = source_of(self.own.manifest, self.bench, self.plan.facts.get("manifest_commit"))
        return tree_of(self.plan.artifact, self.own, self.bench, source)

    def _commit_words(self, written: str) -> tuple[str, ...]:
        bench, told = self.bench, "--add-metadata-string="
        return (
            written,
            f"--write-composejson-to={self._output / 'compose.json'}",
            f"--touch-if-changed={self._output / 'changed'}",
            f"{told}version={version_of(bench)}",
            f"{told}relengotron.run={bench.run}",
            f"{told}{MANIFEST}={self._tree().digest}",
        )

    def _ask(self, output: Path, words: tuple[str, ...]) -> int:
        """Write treefile and repo files, bring the parent into the private repo, and ask for the task."""
        bench, own, arch = self.bench, self.own, self.plan.artifact.arches[0]
        output.mkdir(parents=True, exist_ok=True)
        (output / "changed").unlink(missing_ok=True)  # a stamp from before would say "changed" for ever
        self._bring_parent()
        self._write_inputs(output, arch)
        places = (f"--repo={self.private.path}", f"--cachedir={bench.lasting_store / 'cache'}")
        after = (f"--previous-commit={self.parent}", f"--parent={self.parent}") if self.parent is not None else ()
        command = ("rpm-ostree", "compose", "tree", *places, *words, *after, str(output / "treefile.json"))
        return bench.koji.runroot(Runroot(bench.release.build_tag, arch, command, own.packages, own.mounts))

    def _bring_parent(self) -> None:
        private = self.private
        private.init_archive()
        if self.parent is not None and not private.has_commit(self.parent):
            source = Path(self.own.live_repo)
            private.pull_local(source, self.parent, untrusted=False)  # our own bits: linked, not read again

    def _write_inputs(self, output: Path, arch: str) -> None:
        release = self.bench.release
        urls = {f"base-{number}": url for number, url in enumerate(release.base_repos.get(arch, ()))}
        mashed = [built.repos[arch] for built in self.bench.inputs.values() if arch in built.repos]
        urls |= {f"push-{number}": url for number, url in enumerate(mashed)}
        for name, url in urls.items():
            said = f"[{name}]\nname={name}\nbaseurl={url}\ngpgcheck=0\nenabled=1\n"
            write_plain(self.bench.store, output / f"{name}.repo", said.encode())
        filled = {"ref": self.own.ref, "repos": list(urls), "releasever": release.version, "basearch": arch}
        self._tree().write(output / "treefile.json", filled)


def proven_same(bench: Workbench, head: str) -> str | None:
    """The manifest of a later compose that gave the very files of the live commit, if there was one."""
    try:
        match json.loads(_note(bench).read_text()):
            case {"commit": commit, "manifest": str() as manifest} if commit == head:
                return manifest
    except (OSError, ValueError):
        return None
    return None


def version_of(bench: Workbench) -> str:
    """A version that grows with time: the release and the moment the run was opened."""
    return f"{bench.release.version}.{bench.run[:15].replace('-', '.')}"


def _note(bench: Workbench) -> Path:
    return bench.lasting_store / "same-content.json"

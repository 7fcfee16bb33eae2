"""What our own plugins make in a rehearsal, and how the builder's part of it is played."""

import atexit
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from relengotron.model.artifact import Artifact, Built
from relengotron.model.package import Package
from relengotron.plugins.image import ImagePlugin
from relengotron.plugins.mash import MashPlugin
from relengotron.plugins.ostree import OstreePlugin
from relengotron.sdk.artifact import ArtifactPlugin
from relengotron.sdk.case import Case
from relengotron.sdk.rehearsal import Workshop
from relengotron.systems.koji.port import Task
from relengotron.systems.ostree.client import OstreeCli
from tests.stage.paper_repo import PaperPackage, write_repo

REF = "fedora-atomic/24/x86_64/updates/docker-host"


@cache
def a_tree() -> tuple[Path, str]:
    """A repo with one commit of one package, the same for every image of a session."""
    place = Path(tempfile.mkdtemp(prefix="tree-"))
    atexit.register(shutil.rmtree, place)
    repo = OstreeCli(place / "repo")
    repo.init_archive()
    (place / "files").mkdir()
    command = ["ostree", f"--repo={repo.path}", "commit", "--orphan", f"--tree=dir={place / 'files'}", "--no-bindings"]
    command += ["--add-metadata=rpmostree.rpmdb.pkglist=[('bash', '0', '4.3.42', '1.fc24', 'x86_64')]"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return repo.path, done.stdout.strip()


class MashCase(Case):
    """A repo of two arches; the mash task leaves packages and their metadata."""

    plugin: ClassVar[type[ArtifactPlugin[Any]]] = MashPlugin

    def artifact(self, workshop: Workshop) -> Artifact:
        settings = {"comps": str(self._comps(workshop))}
        return Artifact("f24-updates", "mash", "F24", ("x86_64", "i686"), "updates/24", settings=settings)

    def prepare(self, workshop: Workshop) -> None:
        """The groups lie where mash and we can read them."""
        self._comps(workshop).write_text("<comps/>\n")

    @staticmethod
    def _comps(workshop: Workshop) -> Path:
        return workshop.compose_store / "comps.xml"

    def finish(self, task: Task, content: str, workshop: Workshop) -> Any:
        words = [str(word) for word in task.request[2]]
        root = Path(words[words.index("-o") + 1]) / words[-1]
        for arch in ("x86_64", "i686"):
            write_repo(root / arch, [PaperPackage(Package("bash", "0", content, "1", arch))])
        return "mash.log"


class OstreeCase(Case):
    """A tree; the compose task commits it on top of its parent."""

    plugin: ClassVar[type[ArtifactPlugin[Any]]] = OstreePlugin

    def prepare(self, workshop: Workshop) -> None:
        """A repo that is not there is a mirror that is not mounted, so somebody makes it once."""
        OstreeCli(self._live(workshop)).init_archive()

    def artifact(self, workshop: Workshop) -> Artifact:
        return Artifact(
            name="atomic-host",
            kind="ostree",
            release="F24",
            arches=("x86_64",),
            target="atomic/refs/atomic-host",
            component="atomic-host",
            settings={
                "ref": REF,
                "live_repo": str(self._live(workshop)),
                "url_path": "atomic/repo",
                "treefile": {"packages": ["bash"]},
                "dry_run": True,
                "deltas": 2,
            },
        )

    def inputs(self, workshop: Workshop, content: str) -> Mapping[str, Built]:
        place = workshop.compose_store / "repo"
        repos = {"x86_64": (place / "x86_64").as_uri()}
        return {"f24-updates": Built("f24-updates", "mash", "repo", str(place), None, repos=repos)}

    def finish(self, task: Task, content: str, workshop: Workshop) -> Any:
        words = [str(word) for word in task.request[2]]
        options = dict(word.removeprefix("--").split("=", 1) for word in words if "=" in word)
        if "--dry-run" in words:
            self._solve(content, options)
            return "compose.log"
        tree = workshop.compose_store / "scratch" / str(task.id)
        (tree / "usr").mkdir(parents=True)
        (tree / "usr" / "bash").write_text(f"bash {content}")
        command = ["ostree", f"--repo={options['repo']}", "commit", f"--tree=dir={tree}", "--subject=compose"]
        command += ["--owner-uid=0", "--owner-gid=0", "--orphan", "--no-bindings", "--timestamp=2016-11-01T12:00:00Z"]
        command += [f"--parent={options.get('parent', 'none')}"]
        command += [word for word in words if word.startswith("--add-metadata-string=")]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        Path(options["write-commitid-to"]).write_text(done.stdout)
        return "compose.log"

    @staticmethod
    def _solve(content: str, options: Mapping[str, str]) -> None:
        """Touch the stamp when a compose would bring something new."""
        command = ["ostree", f"--repo={options['repo']}", "cat", options["parent"], "/usr/bash"]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        if done.stdout != f"bash {content}":
            Path(options["touch-if-changed"]).touch()

    def shown(self, artifact: Artifact, workshop: Workshop) -> Mapping[str, str | None]:
        """The content that the ref shows; a withdrawal is a newer commit with the older content."""
        live = OstreeCli(self._live(workshop))
        head = live.head(REF)
        return {} if head is None else {REF: live.content_checksum(head)}

    @staticmethod
    def _live(workshop: Workshop) -> Path:
        return workshop.mirror_root / "atomic" / "repo"


class ImageCase(Case):
    """An installer or a disk image; the task leaves one file."""

    plugin: ClassVar[type[ArtifactPlugin[Any]]] = ImagePlugin

    def __init__(self, carrier: str) -> None:
        self.carrier = carrier

    def artifact(self, workshop: Workshop) -> Artifact:
        name = f"atomic-{self.carrier}"
        settings = {"name": f"Fedora-Atomic-{self.carrier}", "carrier": self.carrier}
        target = f"images/24/{name}"
        return Artifact(name, "image", "F24", ("x86_64",), target, ("atomic-host",), name, settings=settings)

    def inputs(self, workshop: Workshop, content: str) -> Mapping[str, Built]:
        repo, commit = a_tree()
        facts = {"repo": str(repo), "ref": REF, "commit": commit}
        return {"atomic-host": Built("atomic-host", "ostree", commit, str(repo), None, facts=facts)}

    def finish(self, task: Task, content: str, workshop: Workshop) -> Any:
        if task.method == "runroot":
            file = Path(str(task.request[2][-1])) / "images" / "boot.iso"
        else:
            file = workshop.koji_store / "scratch" / "relengotron" / f"task_{task.id}" / "disk.raw.xz"
        file.parent.mkdir(parents=True)
        file.write_text(f"an image with {content}")
        os.utime(file, (1_478_000_000, 1_478_000_000))
        return {}

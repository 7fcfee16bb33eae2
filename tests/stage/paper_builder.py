"""A builder made of paper: it does every task at once and writes small bits of the right shape."""

import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import koji
from koji import xmlrpcplus

from relengotron.model.package import Package
from relengotron.systems.koji.simulated import Hub
from relengotron.systems.ostree.simulated import SimulatedOstree
from tests.stage.configuration import ARCHES
from tests.stage.paper_repo import PaperPackage, PaperWords, base_packages, write_repo
from tests.stage.paper_solver import NotInstallable, installed
from tests.stage.seeds import BUILDER

FREE = koji.TASK_STATES["FREE"]
_ARTIFACT = re.compile(r"(?:runs|relengotron)/[^/']+/([^/']+)/(\d+)")


@dataclass
class PaperBuilder:
    """Finishes what Koji has; ``trouble`` maps an artifact or method to ``fail``, ``cancel`` or ``leave``."""

    hub: Hub

    def __post_init__(self) -> None:
        self.trouble: dict[str, str] = {}
        self.words = PaperWords()
        self.mashes_nothing = False
        self.is_away = False
        self.host = self.hub.call(BUILDER, "host.getHost")

    def work(self) -> int:
        """Take every free task and bring it to its end; how many there were."""
        if self.is_away:
            return 0
        return sum(self._carry_out(row) for row in self.free_tasks())

    def free_tasks(self) -> list[dict[str, Any]]:
        """What waits for a builder, oldest first."""
        rows: list[dict[str, Any]] = self.hub.call(
            None, "listTasks", {"state": [FREE], "decode": True}, {"order": "id"}
        )
        return rows

    def _carry_out(self, row: dict[str, Any]) -> bool:
        trouble = self.trouble.get(artifact_of(row)) or self.trouble.get(row["method"])
        if trouble == "leave":
            return False
        if trouble == "cancel":
            self.hub.call("admin", "cancelTask", row["id"])
            return True
        self.hub.call(BUILDER, "host.openTask", row["id"])
        try:
            if trouble is not None:
                raise koji.BuildrootError(trouble)
            result = self._do(row)
        except koji.GenericError as failure:
            fault = xmlrpcplus.Fault(failure.faultCode, str(failure))
            self.hub.call(BUILDER, "host.failTask", row["id"], xmlrpcplus.dumps(fault))
        else:
            packed = xmlrpcplus.dumps((result,), methodresponse=1, allow_none=1)
            self.hub.call(BUILDER, "host.closeTask", row["id"], packed)
        return True

    def _do(self, row: dict[str, Any]) -> Any:
        if row["method"] == "tagBuild":
            tag, build, force, source = row["request"]
            return self.hub.call(BUILDER, "host.tagBuild", row["id"], tag, build, force=force, fromtag=source)
        if row["method"] == "newRepo":
            repo, event = self.hub.call(BUILDER, "host.repoInit", row["request"][0], task_id=row["id"])
            self.hub.call(BUILDER, "host.repoDone", repo, {})
            return [repo, event]
        if row["method"] == "image":
            return self._image(row)
        command = row["request"][2]
        {"mash": self._mash, "rpm-ostree": self._tree, "lorax": self._lorax}[command[0]](command)
        return f"{command[0]} completed successfully"

    def _mash(self, command: list[str]) -> None:
        """Write one repo an arch: packages, a primary under its checksum, and repomd.xml."""
        tag, store = command[-1], Path(command[command.index("-o") + 1])
        builds = self.hub.call(None, "listTagged", tag, latest=True)
        for arch in ARCHES:
            rows = [
                rpm
                for build in builds
                for rpm in self.hub.call(None, "listRPMs", buildID=build["build_id"], arches=arch)
            ]
            packages = (Package(each["name"], "0", each["version"], each["release"], each["arch"]) for each in rows)
            shown = () if self.mashes_nothing else map(self.words.of, packages)
            write_repo(store / tag / arch, shown)

    def _tree(self, command: list[str]) -> None:
        """Commit what the treefile wishes for from the repos that it names, or only say whether it is something new."""
        options = dict(word[2:].split("=", 1) for word in command if word.startswith("--") and "=" in word)
        metadata = dict(word.split("=", 2)[1:] for word in command if word.startswith("--add-metadata-string="))
        treefile = json.loads(Path(command[-1]).read_text())
        repo, parent = SimulatedOstree(Path(options["repo"])), options.get("parent")
        packages = self._tree_packages(Path(command[-1]).parent, treefile)
        files = {"usr/etc/os-release": treefile["releasever"], "usr/lib/units": json.dumps(treefile.get("units", []))}
        files |= {f"usr/share/rpm/{package}": f"paper {package}" for package in packages}
        if parent is not None and SimulatedOstree(repo.path).files_of(parent) == files:
            return
        if "--dry-run" in command:
            Path(options["touch-if-changed"]).touch()
            return
        commit = repo.commit_files(
            files,
            parent=parent,
            subject="paper",
            timestamp=datetime.fromtimestamp(self.hub.clock(), UTC),
            packages=packages,
            metadata={**metadata, "version": "24.1"},
        )
        Path(options["write-commitid-to"]).write_text(commit)

    def _tree_packages(self, folder: Path, treefile: dict[str, Any]) -> list[Package]:
        """What the treefile wishes for, from the base and from the push."""
        offered = list(map(PaperPackage, base_packages(treefile["releasever"], treefile["basearch"])))
        for name in (name for name in treefile["repos"] if name.startswith("push-")):
            text = (folder / f"{name}.repo").read_text()
            root = Path(urlsplit(next(line for line in text.split() if line.startswith("baseurl="))[8:]).path)
            offered += [self.words.of(_package_of(file.name)) for file in root.glob("*.rpm")]
        try:
            return installed(treefile["packages"], offered)
        except NotInstallable as refused:
            raise koji.BuildrootError(str(refused)) from refused

    @staticmethod
    def _lorax(command: list[str]) -> None:
        variables = dict(word.split("=", 2)[1:] for word in command if word.startswith("--add-template-var="))
        images = Path(command[-1]) / "images"
        images.mkdir(parents=True)
        tree = SimulatedOstree(Path(variables["ostree_repo"])).content_checksum(variables["ostree_commit"])
        (images / "boot.iso").write_text(f"iso of {tree}\n")

    def _image(self, row: dict[str, Any]) -> dict[str, Any]:
        name, version, arches, _, _, options = row["request"][:6]
        kickstart = (self.hub.topdir / "work" / options["kickstart"]).read_text()
        found = re.search(r"--url=file://(\S+) --ref=(\S+)", kickstart)
        assert found is not None, kickstart
        tree = SimulatedOstree(Path(found[1])).content_checksum(found[2])
        folder = self.hub.topdir / "scratch" / "relengotron" / f"task_{row['id']}"
        folder.mkdir(parents=True)
        file = f"{name}-{version}-{options['release']}.{arches[0]}.raw.xz"
        (folder / file).write_text(f"disk of {tree}\n")
        return {"files": [file]}


def _package_of(file_name: str) -> Package:
    name, version, rest = file_name.removesuffix(".rpm").rsplit("-", 2)
    release, _, arch = rest.rpartition(".")
    return Package(name, "0", version, release, arch)


def artifact_of(row: dict[str, Any]) -> str:
    """What a task composes; the method of the others."""
    found = _ARTIFACT.search(repr(row["request"]))
    return found[1] if found else str(row["method"])


def tasks_made(hub: Hub) -> Counter[tuple[Any, ...]]:
    """Every task of ours: method, what it is about, and how it ended."""
    rows = hub.call(None, "listTasks", {"decode": True}, {"order": "id"})
    made: Counter[tuple[Any, ...]] = Counter()
    for row in rows:
        about = tuple(row["request"]) if row["method"] == "tagBuild" else _composed(row)
        made[row["method"], about, koji.TASK_STATES[row["state"]]] += 1
    return made


def _composed(row: dict[str, Any]) -> tuple[str, ...]:
    """Artifact, try and lane: the lane is in the tags, refs and names of the request, the run's id is not."""
    found = _ARTIFACT.search(repr(row["request"]))
    stripped = re.sub(r"\d{8}[-.]\d{6}(-[0-9a-f]{8})?", "RUN", repr(row["request"]))
    stripped = re.sub(r"[0-9a-f]{64}", "COMMIT", stripped)
    stripped = re.sub(r"[0-9a-f]{8}\.ks", "ONCE.ks", stripped)
    return (found[1], found[2], stripped) if found else (stripped,)

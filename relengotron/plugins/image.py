"""Images: an installer ISO or a disk image made from a tree, published with its checksum."""

import os
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from relengotron.errors import RequestRefused, StateDisagrees
from relengotron.sdk import (
    Artifact,
    Built,
    Failed,
    FailureKind,
    File,
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
from relengotron.systems.koji.port import ImageBuild, Runroot
from relengotron.systems.mirror.paths import rel_path


@dataclass(frozen=True, slots=True)
class ImageSettings:
    """How the image is made: ``lorax`` in a build root (installer ISO) or an ``image`` task (disk image).

    ``name`` is the first part of the file name, ``osname`` what the tree is called on the machine it installs.
    """

    name: str
    carrier: Literal["lorax", "image"]
    product: str = "Fedora"
    osname: str = "fedora-atomic"
    format: str = "raw-xz"
    disk_size_gib: int = 3
    kickstart: str = ""
    packages: tuple[str, ...] = ("lorax",)
    mounts: tuple[str, ...] = ()


class ImagePlugin(MirroredPlugin[ImageSettings]):
    """An image of one tree; what it holds is known by the commit it was made from."""

    kind: ClassVar[str] = "image"
    settings: ClassVar[type] = ImageSettings

    def koji_permissions(self, artifact: Artifact) -> frozenset[str]:
        """It is made by a runroot task or by an image task."""
        return frozenset({"runroot" if self.settings_of(artifact).carrier == "lorax" else "image"})

    def plan(self, artifact: Artifact, bench: Workbench) -> Plan:
        """One task that makes the image from its tree."""
        own = self.settings_of(artifact)
        task = "image" if own.carrier == "image" else f"runroot in {bench.release.build_tag}: lorax"
        return Plan(
            artifact=artifact,
            output=str(bench.store / own.carrier),
            effects=(f"Koji task {task} for {own.name}", f"publish it with its checksum below {artifact.target}"),
        )

    def compose(self, plan: Plan, bench: Workbench) -> Built | Running | Failed:
        """The image exists, made from the tree of this push or from the live one."""
        own = self.settings_of(plan.artifact)
        tree = _tree(bench)
        if tree is None:
            return Failed(FailureKind.COMPOSE_FAILED, f"{plan.artifact.name} is made from a tree and there is none yet")
        task = bench.koji_task(
            KojiTask(
                key=f"compose {plan.artifact.name}",
                method="image" if own.carrier == "image" else "runroot",
                marker=_marker(bench, plan.artifact) if own.carrier == "image" else plan.output,
                what=f"make {own.name} from {tree.identity[:12]}",
                ask=lambda: self._ask(plan, own, tree, bench),
            )
        )
        return unfinished(task, bench) or self._built(plan, own, tree, bench, task.id)

    def publish(self, built: Built, artifact: Artifact, bench: Workbench) -> Published:
        """The image and its checksum file are live, the checksum file last."""
        target = rel_path(artifact.target)
        staged = bench.mirror.stage(self._release_directory(built, bench), target, bench.run)
        if staged.manifest[str(built.facts["file_name"])].sha256 != built.files[0].sha256:
            raise RequestRefused(f"{built.location} is no longer what was tested as {built.identity}")
        switched = bench.mirror.switch(staged)
        return Published(
            artifact=artifact.name,
            identity=built.identity,
            expected={f"{target}/{path}": entry.sha256 for path, entry in switched.current.items()},
            previous=as_previous(switched.previous),
        )

    def _ask(self, plan: Plan, own: ImageSettings, tree: Built, bench: Workbench) -> int:
        arch = plan.artifact.arches[0]
        if own.carrier == "lorax":
            return bench.koji.runroot(self._lorax(plan, own, tree, bench, arch))
        name = f"{own.name}-{uuid.uuid4().hex[:8]}.ks"  # Koji refuses a name that an attempt cut short has left there
        kickstart = bench.koji.upload(_marker(bench, plan.artifact), name, self._kickstart(own, tree).encode())
        return bench.koji.build_image(
            ImageBuild(
                name=own.name,
                version=bench.release.version,
                release=_release(bench),
                arches=(arch,),
                target=bench.release.target,
                install_tree=next(iter(bench.release.base_repos.get(arch, ())), ""),
                kickstart=kickstart,
                formats=(own.format,),
                distro=f"Fedora-{bench.release.version}",
                disk_size_gib=own.disk_size_gib,
            )
        )

    @staticmethod
    def _lorax(plan: Plan, own: ImageSettings, tree: Built, bench: Workbench, arch: str) -> Runroot:
        sources = [word for url in bench.release.base_repos.get(arch, ()) for word in ("-s", url)]
        template = {"ostree_repo": tree.facts["repo"], "ostree_ref": tree.facts["ref"], "ostree_commit": tree.identity}
        template["ostree_osname"] = own.osname
        command = (
            "lorax",
            *("-p", own.product, "-v", bench.release.version, "-r", bench.release.version),
            *sources,
            f"--volid={own.name}-{bench.release.version}"[:40],
            *(f"--add-template-var={name}={value}" for name, value in template.items()),
            plan.output,
        )
        Path(plan.output).parent.mkdir(parents=True, exist_ok=True)
        return Runroot(bench.release.build_tag, arch, command, own.packages, own.mounts)

    @staticmethod
    def _kickstart(own: ImageSettings, tree: Built) -> str:
        source = f"--url=file://{tree.facts['repo']} --ref={tree.identity}"
        setup = f"ostreesetup --osname={own.osname} --remote={own.osname} {source} --nogpg"
        return "\n".join((own.kickstart.rstrip(), setup, ""))

    def _built(self, plan: Plan, own: ImageSettings, tree: Built, bench: Workbench, task: int) -> Built:
        path = self._file(plan, own, bench, task)
        name = f"{own.name}-{bench.release.version}-{_release(bench)}.{plan.artifact.arches[0]}{_suffix(path)}"
        found = file_of(path.parent, path)
        facts = {"commit": tree.identity, "arch": plan.artifact.arches[0], "path": str(path), "file_name": name}
        return Built(
            artifact=plan.artifact.name,
            kind=self.kind,
            identity=f"sha256-{found.sha256[:16]}-{name}",
            location=str(path.parent),
            task_id=task,
            files=(found,),
            facts=facts,
        )

    @staticmethod
    def _file(plan: Plan, own: ImageSettings, bench: Workbench, task: int) -> Path:
        if own.carrier == "lorax":
            path = Path(plan.output) / "images" / "boot.iso"
            found = [path] if path.is_file() else []
        else:
            found = sorted((bench.koji_store / "scratch").glob(f"*/task_{task}/*{_extension(own.format)}"))
        if len(found) != 1:
            raise StateDisagrees(
                f"image task {task} closed well, but there are {len(found)} images where one should be"
            )
        return found[0]

    @staticmethod
    def _release_directory(built: Built, bench: Workbench) -> Path:
        """The image under its public name beside its checksum file, ready to be staged."""
        directory = bench.store / "release"
        directory.mkdir(parents=True, exist_ok=True)
        name, image = str(built.facts["file_name"]), built.files[0]
        if not (directory / name).exists():
            _link_or_copy(Path(built.location) / image.path, directory / name)
        (directory / f"{name}-CHECKSUM").write_text(_checksum_file(name, image))
        return directory


def _link_or_copy(origin: Path, place: Path) -> None:
    """One more name for the file, or a copy where links are not allowed: another file system, another owner."""
    try:
        os.link(origin, place)
    except OSError:
        shutil.copy2(origin, place)


def _tree(bench: Workbench) -> Built | None:
    return next((built for built in bench.inputs.values() if built.kind == "ostree"), None)


def _marker(bench: Workbench, artifact: Artifact) -> str:
    return f"relengotron/{bench.run}/{artifact.name}/{bench.attempt}"


def _release(bench: Workbench) -> str:
    return f"{bench.run[:15].replace('-', '.')}.{bench.attempt}"


def _extension(image_format: str) -> str:
    known: Mapping[str, str] = {"raw-xz": ".raw.xz", "qcow2": ".qcow2"}
    return known.get(image_format, f".{image_format}")


def _suffix(path: Path) -> str:
    return ".raw.xz" if path.name.endswith(".raw.xz") else path.suffix


def _checksum_file(name: str, image: File) -> str:
    return f"# {name}: {image.size} bytes\nSHA256 ({name}) = {image.sha256}\n"

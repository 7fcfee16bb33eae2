"""Images: an installer ISO or a disk image made from a tree, published with its checksum."""

import os
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from relengotron.errors import RequestRefused, StateDisagrees
from relengotron.plugins.image_manifest import (
    LARGEST,
    SUFFIX,
    ImageSettings,
    as_made_last,
    contents_of,
    kickstart_of,
    manifest_of,
    note_same,
    shown_image,
    write_sheet,
)
from relengotron.plugins.image_signature import (
    checksum_name,
    checksum_text,
    must_be_signed,
    proof_of_checksum,
    release_folder,
    sign_checksum,
)
from relengotron.sdk import (
    Artifact,
    Built,
    Contents,
    Failed,
    FailureKind,
    File,
    HowToTry,
    KojiTask,
    Manifest,
    MirroredPlugin,
    Package,
    Plan,
    Published,
    Running,
    Workbench,
    file_of,
    publication,
    unfinished,
)
from relengotron.sdk.files import folder_below, is_plain_below, read_plain, write_plain
from relengotron.sdk.in_git import Source, source_of
from relengotron.systems.koji.port import ImageBuild, Runroot
from relengotron.systems.mirror.paths import rel_path

__all__ = ["ImagePlugin", "ImageSettings"]


class ImagePlugin(MirroredPlugin[ImageSettings]):
    """An image of one tree; what it holds is known by the commit it was made from."""

    kind: ClassVar[str] = "image"
    settings: ClassVar[type] = ImageSettings

    def koji_permissions(self, artifact: Artifact) -> frozenset[str]:
        """It is made by a runroot task or by an image task."""
        return frozenset({"runroot" if self.settings_of(artifact).carrier == "lorax" else "image"})

    def manifest(self, artifact: Artifact, bench: Workbench) -> Manifest:
        """Kickstart, format and names; the tree has a manifest of its own."""
        own = self.settings_of(artifact)
        return manifest_of(own, source_of(own.manifest, bench))

    def contents(self, artifact: Artifact, bench: Workbench) -> Contents | None:
        """What the sheet beside the published image says."""
        target = rel_path(artifact.target)
        shown = bench.mirror.published(target)
        name = shown_image(shown)
        if shown is None or name is None:
            return None
        contents = contents_of(bench.mirror.place(target), name)
        return contents and as_made_last(bench, contents, shown[name].sha256)

    def packages(self, built: Built, artifact: Artifact, bench: Workbench) -> tuple[Package, ...] | None:
        """What its sheet says: those of the tree that it was made from."""
        sheet, name = built.facts.get("sheet"), str(built.facts["file_name"])
        found = None if sheet is None else contents_of(Path(sheet).parent, name)
        return None if found is None else found.packages

    def live(self, artifact: Artifact, bench: Workbench) -> Built | None:
        """The image that users get now."""
        target = rel_path(artifact.target)
        shown = bench.mirror.published(target)
        name = shown_image(shown)
        if shown is None or name is None:
            return None
        file = File(name, shown[name].size, shown[name].sha256)
        facts = {"arch": artifact.arches[0], "file_name": name}
        place = str(bench.mirror.place(target))
        return Built(artifact.name, self.kind, _identity(file, name), place, None, (file,), facts)

    def plan(self, artifact: Artifact, bench: Workbench) -> Plan:
        """One task that makes the image from its tree, by the manifest as it is now."""
        own = self.settings_of(artifact)
        task = "image" if own.carrier == "image" else f"runroot in {bench.release.build_tag}: lorax"
        return Plan(
            artifact=artifact,
            output=str(bench.store / own.carrier),
            effects=(f"Koji task {task} for {own.name}", f"publish it with its checksum below {artifact.target}"),
            facts={"manifest_commit": source_of(own.manifest, bench).commit},
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

    def unsigned(self, built: Built, artifact: Artifact, bench: Workbench) -> tuple[str, ...]:
        """The checksum file, unless it is signed and says what it should."""
        if bench.signer is None:
            return ()
        proof = proof_of_checksum(built, bench.signer, bench.store)
        return () if proof.is_good else (f"{checksum_name(built)}: {proof.why}",)

    def sign(self, built: Built, artifact: Artifact, bench: Workbench) -> None:
        """The checksum file is signed, or lies where it will be."""
        self._release_directory(built, bench)
        if bench.signer is not None and bench.signer.makes_signatures:
            sign_checksum(built, bench.signer, bench.store)

    def publish(self, built: Built, artifact: Artifact, bench: Workbench) -> Published:
        """The image and its checksum file are live, the checksum file last."""
        target = rel_path(artifact.target)
        staged = bench.mirror.stage(self._release_directory(built, bench), target, bench.run)
        if staged.manifest[str(built.facts["file_name"])].sha256 != built.files[0].sha256:
            raise RequestRefused(f"{built.location} is no longer what was tested as {built.identity}")
        if bench.signer is not None:
            must_be_signed(staged, built, bench.signer, bench.store)
        switched = bench.mirror.switch(staged)
        return publication(artifact, built.identity, switched, switched.current)

    def how_to_try(self, published: Published, artifact: Artifact, bench: Workbench) -> HowToTry:
        """The image and its checksum file."""
        files = sorted(path for path in published.expected if not path.endswith(SUFFIX))
        images = [path for path in files if not path.endswith("-CHECKSUM")]
        return HowToTry(tuple(files), {}, tuple(f"curl -LO {{mirror}}/{path}" for path in images))

    def _ask(self, plan: Plan, own: ImageSettings, tree: Built, bench: Workbench) -> int:
        arch = plan.artifact.arches[0]
        if own.carrier == "lorax":
            return bench.koji.runroot(self._lorax(plan, own, tree, bench, arch))
        name = f"{own.name}-{uuid.uuid4().hex[:8]}.ks"  # Koji refuses a name that an attempt cut short has left there
        kickstart = bench.koji.upload(
            _marker(bench, plan.artifact), name, self._kickstart(plan, own, tree, bench).encode()
        )
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
    def _kickstart(plan: Plan, own: ImageSettings, tree: Built, bench: Workbench) -> str:
        source = f"--url=file://{tree.facts['repo']} --ref={tree.identity}"
        setup = f"ostreesetup --osname={own.osname} --remote={own.osname} {source} --nogpg"
        return "\n".join((kickstart_of(own, _source(plan, own, bench)).rstrip(), setup, ""))

    def _built(self, plan: Plan, own: ImageSettings, tree: Built, bench: Workbench, task: int) -> Built:
        path = self._file(plan, own, bench, task)
        name = f"{_stem(own, bench)}{_release(bench)}.{plan.artifact.arches[0]}{_suffix(path)}"
        found, arch = file_of(path.parent, path), plan.artifact.arches[0]
        sheet, manifest = bench.store / "sheet" / f"{name}{SUFFIX}", manifest_of(own, _source(plan, own, bench))
        write_sheet(sheet, found, name, tree, manifest, bench)
        same_as = _same_as(self.live(plan.artifact, bench), found, _stem(own, bench))
        if same_as is not None:
            note_same(bench, found, tree, manifest)
        facts = {"commit": tree.identity, "arch": arch, "path": str(path), "file_name": name, "sheet": str(sheet)}
        return Built(
            artifact=plan.artifact.name,
            kind=self.kind,
            identity=_identity(found, name),
            location=str(path.parent),
            task_id=task,
            files=(found,),
            facts=facts,
            same_as=same_as,
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
        root = bench.store if own.carrier == "lorax" else bench.koji_store
        if not is_plain_below(root, found[0]):
            raise RequestRefused(f"{found[0]}, which image task {task} made, is a link or lies behind one")
        return found[0]

    @staticmethod
    def _release_directory(built: Built, bench: Workbench) -> Path:
        """The image under its public name beside its checksum file and its sheet, ready to be staged."""
        directory = release_folder(bench.store)
        folder_below(bench.store, directory)
        name, image = str(built.facts["file_name"]), built.files[0]
        if not os.path.lexists(directory / name):
            _link_or_copy(Path(built.location) / image.path, directory / name)
        if "sheet" in built.facts:
            sheet = read_plain(Path(built.facts["sheet"]), LARGEST) or b""
            write_plain(bench.store, directory / f"{name}{SUFFIX}", sheet)
        if bench.signer is None or not proof_of_checksum(built, bench.signer, bench.store).is_good:
            write_plain(bench.store, directory / checksum_name(built), checksum_text(built))
        return directory


def _link_or_copy(origin: Path, place: Path) -> None:
    """One more name for the file, or a copy where links are not allowed: another file system, another owner."""
    try:
        os.link(origin, place)
    except OSError:
        shutil.copy2(origin, place, follow_symlinks=False)


def _source(plan: Plan, own: ImageSettings, bench: Workbench) -> Source:
    """The manifest at the commit that was decided with the plan: every attempt of it uses the same."""
    return source_of(own.manifest, bench, plan.facts.get("manifest_commit"))


def _stem(own: ImageSettings, bench: Workbench) -> str:
    """What the name of an image begins with, from one push to the next."""
    return f"{own.name}-{bench.release.version}-"


def _same_as(live: Built | None, found: File, stem: str) -> str | None:
    if live is None or live.files[0].sha256 != found.sha256 or not live.files[0].path.startswith(stem):
        return None
    return f"checksum {found.sha256[:12]} as {live.files[0].path}"


def _identity(file: File, name: str) -> str:
    return f"sha256-{file.sha256[:16]}-{name}"


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

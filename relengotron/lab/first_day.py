"""What was released on the first day, before any push: the trees of every ref, and the cloud image."""

import io
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from relengotron.errors import Permanent
from relengotron.lab.builder.tools import rpm_ostree
from relengotron.lab.builder.tools.image_factory import build_image
from relengotron.lab.flavours import FLAVOURS, Flavour
from relengotron.lab.place import TREE_ARCH, Place
from relengotron.model.artifact import Artifact, Built
from relengotron.model.lane import Lane
from relengotron.plugins.image import ImagePlugin
from relengotron.plugins.image_manifest import SUFFIX, manifest_of, write_sheet
from relengotron.plugins.tree_compose import MANIFEST
from relengotron.sdk.files import file_of
from relengotron.sdk.in_git import source_of
from relengotron.sdk.rehearsal_bench import RehearsalBench
from relengotron.sdk.treefile import flatten
from relengotron.settings import Settings
from relengotron.systems.ostree.client import OstreeCli
from relengotron.systems.world import open_world, ostree_of
from relengotron.workflows.release_facts import release_facts

FIRST_IMAGE = "cloud-base"
BaseRepo = Callable[[Place, str, str], Path]


def release_trees(place: Place, releases: Sequence[str], base_repo: BaseRepo) -> None:
    """The first commit of every ref, composed from the released repos."""
    OstreeCli(place.live_ostree).init_archive()
    for release in releases:
        url = base_repo(place, release, TREE_ARCH).as_uri()
        for flavour in FLAVOURS:
            for request in ("stable", "testing"):
                _release_tree(place, release, flavour, flavour.ref(release, request), url)
    OstreeCli(place.live_ostree).update_summary()


def _release_tree(place: Place, release: str, flavour: Flavour, ref: str, url: str) -> None:
    directory = place.compose / "first" / ref.replace("/", "-")
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "released.repo").write_text(f"[released]\nname=released\nbaseurl={url}\ngpgcheck=0\n")
    tree = flatten({"packages": list(flavour.packages)}, arch=TREE_ARCH, version=release)
    file = directory / "treefile.json"
    tree.write(file, {"ref": ref, "repos": ["released"], "releasever": release, "basearch": TREE_ARCH})
    output = io.StringIO()
    words = ["compose", "tree", f"--repo={place.live_ostree}", f"--add-metadata-string=version={release}.0"]
    if rpm_ostree.main([*words, f"--add-metadata-string={MANIFEST}={tree.digest}", str(file)], output):
        raise Permanent(f"the first tree {ref} could not be composed: {output.getvalue()[-2000:]}")


def sign_trees(settings: Settings, place: Place) -> None:
    """Clients of the first day want signatures too: of what every ref shows, and of the summary."""
    live = ostree_of(settings)(place.live_ostree)
    for ref, commit in live.refs().items():
        live.sign(commit, ref)
    live.update_summary()


def release_images(settings: Settings) -> None:
    """The cloud image of each lane, made from its first tree; the others are made by the first push that wants them."""
    for lane in settings.lanes:
        artifacts = {artifact.name: artifact for artifact in settings.artifacts_for(lane)}
        if FIRST_IMAGE in artifacts:
            image = artifacts[FIRST_IMAGE]
            _release_image(settings, lane, image, artifacts[image.made_from[0]])


def _release_image(settings: Settings, lane: Lane, image: Artifact, tree: Artifact) -> None:
    ref, repo = str(tree.settings["ref"]), Path(tree.settings["live_repo"])
    commit = OstreeCli(repo).head(ref)
    if commit is None:
        raise Permanent(f"there is no first tree {ref}")
    facts = {"ref": ref, "commit": commit, "repo": str(repo), "arch": TREE_ARCH}
    made_from = Built(tree.name, tree.kind, commit, str(repo), None, facts=facts)
    with tempfile.TemporaryDirectory(prefix="first-image-") as scratch:
        bench = _bench(settings, lane, made_from, Path(scratch))
        made = _make(image, made_from, bench, Path(scratch))
        ImagePlugin().sign(made, image, bench)
        ImagePlugin().publish(made, image, bench)


def _make(image: Artifact, tree: Built, bench: RehearsalBench, scratch: Path) -> Built:
    own = ImagePlugin().settings_of(image)
    kickstart = f"ostreesetup --osname={own.osname} --url=file://{tree.facts['repo']} --ref={tree.identity} --nogpg\n"
    stem = f"{own.name}-{bench.release.version}-0.{TREE_ARCH}"
    path = build_image(stem, kickstart, [own.format], scratch, io.StringIO())[0]
    file, sheet = file_of(scratch, path), scratch / f"{path.name}{SUFFIX}"
    write_sheet(sheet, file, path.name, tree, manifest_of(own, source_of(own.manifest, bench)), bench)
    facts = {"file_name": path.name, "sheet": str(sheet)}
    return Built(image.name, image.kind, file.sha256, str(scratch), None, (file,), facts)


def _bench(settings: Settings, lane: Lane, tree: Built, scratch: Path) -> RehearsalBench:
    world, facts = open_world(settings), release_facts(settings, lane)
    return RehearsalBench(
        run="first-day",
        attempt=1,
        lane=lane,
        release=facts,
        store=scratch,
        lasting_store=scratch / "lasting",
        koji_store=Path(settings.systems.koji.store),
        inputs={tree.artifact: tree},
        koji=world.koji,
        mirror=world.mirror,
        open_ostree=world.ostree,
        open_git=world.git,
        composes=world.composes,
        clock=lambda: datetime.now(UTC),
        journal={},
        signer=None if facts.artifacts_key is None else world.signers[facts.artifacts_key],
    )

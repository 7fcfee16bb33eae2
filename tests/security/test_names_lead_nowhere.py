"""Each door through which a name comes in: none of them takes a trick for the name of a thing of ours."""

import json
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from relengotron.cli.main import main
from relengotron.errors import RelengError
from relengotron.messages.envelope import Envelope
from relengotron.messages.incoming import understand
from relengotron.plugins.image_manifest import ImageSettings
from relengotron.plugins.tree_compose import OstreeSettings
from relengotron.sdk.in_git import InGit
from relengotron.sdk.kickstart import flatten_kickstart
from relengotron.sdk.treefile import flatten
from relengotron.settings.artifacts import Declaration, expand
from relengotron.settings.calendar import Appointment
from relengotron.settings.readers import MirrorModule
from relengotron.settings.releases import Release
from relengotron.settings.systems import Mirror, RemoteMaster
from relengotron.systems.git.client import GitCli
from relengotron.systems.koji.files import binary_rpms
from relengotron.systems.koji.port import Build, Rpm
from relengotron.systems.ostree.client import OstreeCli
from relengotron.systems.ostree.simulated import SimulatedOstree
from relengotron.systems.repodata.address import is_inside
from relengotron.workflows.trees.archiving import archiving
from relengotron.workflows.trees.merging import merge
from relengotron.workflows.trees.operation import Terms
from relengotron.workflows.trees.promoting import Wanted, promotion
from relengotron.workflows.trees.tagging import tagging
from tests.builders import a_message, an_update, our_request
from tests.security.tricks import NAMES, contents

REFUSALS = (RelengError, ValidationError, ValueError)
RELEASE = Release.model_validate(
    {
        "version": "24",
        "pdc_release": "fedora-24-updates",
        "signing_key": "deadbeef",
        "build_tag": "f24-build",
        "target": "f24",
        "arches": ["x86_64"],
        "requests": {"testing": {"repo": "updates-testing", "tag": "f24-testing", "from_tags": ["f24-candidate"]}},
    }
)
Door = Callable[[str], object]
THEN = datetime(2016, 11, 1, tzinfo=UTC)
SHOWN = "0" * 64


def _artifact(**words: Any) -> object:
    valid = {"name": "tree", "kind": "ostree", "target": "atomic/24", "settings": {}}
    return expand(Declaration.model_validate({**valid, **words}), "F24", RELEASE, "testing")


def _tree(ref: str = "a/ref", live_repo: str = "/srv/repo", url_path: str = "atomic") -> object:
    return OstreeSettings(ref, live_repo, url_path)


def _master(**words: str) -> object:
    return RemoteMaster.model_validate({"name": "far", "url": "rsync://mirror/module", **words})


def _mirror(**words: Any) -> object:
    return Mirror.model_validate({"root": "/srv/pub", "url": "http://mirror", **words})


def _appointment(**trees: Any) -> object:
    entry = {"name": "care", "workflow": "look_after_trees", "trees": {"repo": "/srv/repo", **trees}}
    return Appointment.model_validate(entry)


def _of_git(path: str) -> bytes:
    return GitCli(Path("/nonexistent")).read("0" * 40, path)


SETTINGS: dict[str, Door] = {
    "the name of an artifact": lambda name: _artifact(name=name),
    "the target of an artifact": lambda name: _artifact(target=name),
    "what an artifact is in PDC": lambda name: _artifact(component=name),
    "the ref of a tree": lambda name: _tree(ref=name),
    "the live repo of a tree": lambda name: _tree(live_repo=name),
    "the address of a tree": lambda name: _tree(url_path=name),
    "the name of an image": lambda name: ImageSettings(name=name, carrier="lorax"),
    "what a tree is called on a machine": lambda name: ImageSettings(name="x", carrier="lorax", osname=name),
    "a branch of a manifest": lambda name: InGit("/srv/git", name, "tree.json"),
    "the file of a manifest": lambda name: InGit("/srv/git", "f24", name),
    "a repo of the calendar": lambda name: _appointment(repo=name),
    "the name of a master": lambda name: _master(name=name),
    "the address of a master": lambda name: _master(url=name),
    "the path of a master": lambda name: _master(url=f"ssh://mirror/srv/{name}"),
    "the module of a master": lambda name: _master(url=f"rsync://mirror/{name}"),
    "the directory of a module": lambda name: MirrorModule.model_validate({"path": name}),
    "the name of a module": lambda name: _mirror(modules={name: {}}),
    "the file of the website": lambda name: _mirror(website=name),
    "an archive of the calendar": lambda name: _appointment(archive=[{"refs": "*", "idle": "1d", "into": name}]),
}
LOOK_ALIKES = (
    "full-width dots",
    "a slash that is none",
    "full-width letters",
    "written backwards",
    "a space that is none",
)
OPTIONS = ("option", "long option")
FITS = {
    ("the live repo of a tree", "absolute"),
    ("a repo of the calendar", "absolute"),
    ("an archive of the calendar", "absolute"),
    *(("the target of an artifact", each) for each in LOOK_ALIKES[:3]),
    *(("the file of a manifest", each) for each in LOOK_ALIKES[:3]),
    *(("the directory of a module", each) for each in LOOK_ALIKES[:3]),
    *(("the file of the website", each) for each in LOOK_ALIKES[:3]),
    ("the path of a master", "4 kB"),
    ("the module of a master", "4 kB"),
    *(("the address of a tree", each) for each in (*LOOK_ALIKES, *OPTIONS)),
}
"""Where it is nothing of the kind: an absolute path where one is wanted, a plain name of other letters in a path."""


def taken(door: Door, but: Collection[str] = ()) -> list[str]:
    """The tricks that were not refused."""
    return [trick for trick, name in NAMES.items() if trick not in but and not _is_refused(door, name)]


def _is_refused(door: Door, name: str) -> bool:
    try:
        door(name)
    except REFUSALS:
        return True
    return False


@pytest.mark.parametrize("door", SETTINGS)
def test_no_setting_takes_a_trick(door: str) -> None:
    assert taken(SETTINGS[door]) == [trick for trick in NAMES if (door, trick) in FITS]


TREEFILES: dict[str, Door] = {
    "an include": lambda name: flatten({"include": name}, arch="x86_64", version="24", file="a", read=_of_git),
    "a file to add": lambda name: flatten(
        {"add-files": [[name, "/etc/x"]]}, arch="x86_64", version="24", file="a", read=_of_git
    ),
    "a script": lambda name: flatten({"postprocess-script": name}, arch="x86_64", version="24", read=_of_git),
    "an include of a kickstart": lambda name: flatten_kickstart(
        "a.ks", lambda path: f"%include {name}\n".encode(errors="surrogateescape") if path == "a.ks" else _of_git(path)
    ),
}


LEFT_TO_THE_INSTALLER = ("absolute", "a space that is none")
"""It reads files of its own."""


@pytest.mark.parametrize("door", TREEFILES)
def test_no_manifest_leads_out_of_its_repo(door: str) -> None:
    but = ("nothing", *(LEFT_TO_THE_INSTALLER if door.endswith("kickstart") else ()))
    assert taken(TREEFILES[door], but) == []


def _now() -> Any:
    raise AssertionError("nobody asks for the time of a trick")


TERMS: Final = Terms(timedelta(), _now)


REFS: dict[str, Callable[[Any, str], object]] = {
    "head": lambda repo, name: repo.head(name),
    "set_ref": lambda repo, name: repo.set_ref(name, SHOWN, None),
    "delete_ref": lambda repo, name: repo.delete_ref(name),
    "tag": lambda repo, name: repo.tag(name, SHOWN),
    "hold": lambda repo, name: repo.hold(name, "why").__enter__(),
    "promote": lambda repo, name: promotion(Wanted(repo, "live", repo, name), TERMS).act(),
    "merge": lambda repo, name: merge(repo, "live", name, TERMS).act(),
    "merge it": lambda repo, name: merge(repo, name, "live", TERMS).act(),
    "tag it": lambda repo, name: tagging(repo, "t", name).act(),
    "archive": lambda repo, name: archiving(repo, name, type(repo)(repo.path / "x"), TERMS, delete=True).act(),
}


@pytest.fixture(scope="module")
def repos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A real repo and one on paper, each with one ref."""
    root = tmp_path_factory.mktemp("repos")
    paper, real = SimulatedOstree(root / "paper"), OstreeCli(root / "real")
    paper.init_archive()
    made = paper.commit_files({"file": "x"}, parent=None, subject="s", timestamp=THEN)
    paper.set_ref("live", made, None)
    real.init_archive()
    (root / "tree").mkdir()
    real._slow.act("commit", "--branch=live", f"--tree=dir={root / 'tree'}", "--no-bindings")
    return {"paper": paper, "real": real}


@pytest.mark.parametrize("door", REFS)
@pytest.mark.parametrize("kind", ["paper", "real"])
def test_no_ref_has_such_a_name(repos: dict[str, Any], kind: str, door: str) -> None:
    repo = repos[kind]
    before = contents(repo.path.parent)
    assert taken(lambda name: REFS[door](repo, name)) == []
    assert contents(repo.path.parent) == before


@pytest.mark.parametrize("trick", ["up and away", "long option"])
@pytest.mark.parametrize(
    "words", [("promote", "REPO", "live", "--to"), ("tag", "REPO"), ("merge", "REPO", "live", "--into")]
)
def test_no_command_takes_it_for_a_ref(repos: dict[str, Any], words: tuple[str, ...], trick: str) -> None:
    place = repos["real"].path
    before = contents(place.parent)
    told = [str(place) if word == "REPO" else word for word in words]
    arguments = [*told, "--", NAMES[trick], "live"] if words[0] == "tag" else [*told, NAMES[trick]]
    config = Path(__file__).parents[2] / "config"
    done = CliRunner().invoke(main, ["--config", str(config), "ostree", *arguments])
    assert done.exit_code in (1, 2, 3)
    assert not done.exception or isinstance(done.exception, SystemExit)
    assert contents(place.parent) == before


IN_QUARANTINE = {"gate": "rawhide", "build": "bash-1-1", "way": "drop", "agent": "ralph", "reason": "because"}
ORDERS: dict[str, Callable[[str], Mapping[str, Any]]] = {
    "build": lambda name: our_request(an_update(name)),
    "alias": lambda name: our_request(an_update(alias=name or " ")),
    "release": lambda name: our_request(an_update(release=name)),
    "request": lambda name: our_request(an_update(request=name)),
    "id": lambda name: our_request(an_update(), request_id=name),
    "quarantine": lambda name: a_message("relengotron.person.quarantine", IN_QUARANTINE | {"build": name}),
    "gate": lambda name: a_message("relengotron.person.quarantine", IN_QUARANTINE | {"gate": name}),
    "appointment": lambda name: a_message("relengotron.person.appointment", {"appointment": name, "agent": "ralph"}),
}


@pytest.mark.parametrize("key", ORDERS)
def test_no_order_takes_it(key: str) -> None:
    assert taken(lambda name: understand(Envelope.read(json.loads(json.dumps(ORDERS[key](name)))))) == []


HREFS = [
    "../../../etc/passwd",
    "/etc/passwd",
    "repodata/../../x",
    "http://elsewhere/x",
    "file:///etc/passwd",
    "a\nb",
    "a\\b",
]


@pytest.mark.parametrize("href", HREFS)
def test_no_metadata_lead_out_of_their_repo(href: str) -> None:
    assert not is_inside(href)


@pytest.mark.parametrize("part", ["package", "arch", "name"])
def test_no_build_of_koji_leads_out_of_its_store(part: str) -> None:
    def files(name: str) -> object:
        words = {"package": "bash", "arch": "x86_64", "name": "bash", part: name}
        rpm = Rpm(1, words["name"], "1", "1", words["arch"])
        found = binary_rpms(Path("/mnt/koji"), [Build("bash-1-1", words["package"], (rpm,))], "deadbeef")
        return [each.relative_to("/mnt/koji/packages") for paths in found.values() for each in paths]

    slashes = [trick for trick, name in NAMES.items() if "/" in name]
    assert not {*slashes, "NUL", "4 kB"} & set(taken(files))

"""Those who only look can look at everything and change nothing."""

import inspect
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from relengotron.engine.journal.database import Database
from relengotron.engine.preview import Preview
from relengotron.errors import MalformedInput, RequestRefused
from relengotron.model.intents import Start
from relengotron.systems.bodhi.port import Bodhi
from relengotron.systems.cdn.port import Cdn
from relengotron.systems.filelists.port import FileLists
from relengotron.systems.koji.files import binary_rpms
from relengotron.systems.koji.port import Build, Koji, Rpm
from relengotron.systems.looking import ACTS, only_looking, world_to_look_at
from relengotron.systems.mirror.port import Mirror
from relengotron.systems.ostree.port import OstreeRepo
from relengotron.systems.resultsdb.port import ResultsDb
from relengotron.systems.signing.port import Signer
from relengotron.systems.waiverdb.port import WaiverDb
from relengotron.systems.website.port import Website
from relengotron.systems.world import World
from tests.stage.configuration import settings_for

PORTS = {
    "koji": Koji,
    "bodhi": Bodhi,
    "resultsdb": ResultsDb,
    "waiverdb": WaiverDb,
    "mirror": Mirror,
    "ostree": OstreeRepo,
    "signing": Signer,
    "lists": FileLists,
    "website": Website,
    "cdn": Cdn,
}
READS = {
    "koji": {"builds", "tags_of", "unsigned_rpms", "signed", "tasks", "finished", "task_result", "why_failed"}
    | {"find_tasks", "move_tasks_since", "moves_since", "tags", "target", "hosts", "why_not_move", "identity"}
    | {"permissions", "before_moves", "repo_tasks", "tagged", "tagged_of", "tag_changes", "tags_ever", "packages_in"}
    | {"event_before"},
    "bodhi": {"update", "updates", "updates_in", "release", "release_by_id", "composes", "identity"}
    | {"opinions", "can_comment", "has_comment"},
    "waiverdb": {"waivers_of", "identity"},
    "resultsdb": {"results_for", "results_since", "outcomes", "identity"},
    "mirror": {"compare", "place", "published", "generation", "generations", "look", "read", "try_masters"},
    "lists": {"behind", "paths"},
    "website": {"path", "read"},
    "cdn": {"look"},
    "signing": {"name", "fingerprint", "makes_signatures", "look", "read_clear", "read_detached"},
    "ostree": {"path", "head", "refs", "aliases", "has_commit", "commit_info", "content_checksum", "fsck"}
    | {"commit_bytes", "signatures", "keys_of", "is_signed", "refs_in_summary"}
    | {"tags", "commits", "stored", "objects_of", "deltas", "holders"},
}
NOW = datetime(2016, 11, 1, tzinfo=UTC)


def verbs_of(port: type) -> set[str]:
    return {name for name, _ in inspect.getmembers(port) if not name.startswith("_")}


@pytest.mark.parametrize("system", PORTS)
def test_every_verb_is_known_as_one_that_reads_or_one_that_acts(system: str) -> None:
    assert verbs_of(PORTS[system]) == READS[system] | ACTS[system]
    assert not READS[system] & ACTS[system]


class Anything:
    """A system whose every verb says its own name."""

    def __getattr__(self, verb: str) -> Callable[..., str]:
        return lambda *_words, **_named: verb


@pytest.fixture
def world() -> World:
    anything: Any = Anything()
    whole = World(*([anything] * len(inspect.signature(World).parameters)))
    object.__setattr__(whole, "ostree", lambda _path: anything)
    object.__setattr__(whole, "signers", {"fedora-24": anything})
    return only_looking(whole)


@pytest.mark.parametrize("system", ["koji", "bodhi", "resultsdb", "waiverdb", "mirror", "lists", "website", "cdn"])
def test_acting_verbs_are_refused_and_reading_ones_go_through(world: World, system: str) -> None:
    port = getattr(world, system)
    for verb in READS[system]:
        assert getattr(port, verb)() == verb
    for verb in ACTS[system]:
        with pytest.raises(RequestRefused, match="a plan changes nothing"):
            getattr(port, verb)("anything")


def test_a_repo_of_trees_is_only_looked_at_too(world: World) -> None:
    assert world.ostree(Path("repo")).head("ref") == "head"
    with pytest.raises(RequestRefused, match="set ref in ostree"):
        world.ostree(Path("repo")).set_ref("ref", "commit", None)


def test_nothing_is_signed_by_looking(world: World) -> None:
    signer = world.signers["fedora-24"]
    assert signer.read_detached(b"data", b"signature") == "read_detached"  # type: ignore[comparison-overlap]
    with pytest.raises(RequestRefused, match="clear sign in signing"):
        signer.clear_sign(b"text")


def test_who_looks_needs_no_secret_and_leaves_nothing_in_the_way_of_the_daemon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    settings = settings_for(tmp_path)
    (tmp_path / "koji-password").unlink()

    world_to_look_at(settings)

    assert not (tmp_path / "state").exists()


@pytest.fixture
def preview() -> Iterator[Preview]:
    database = Database("sqlite:///:memory:")
    yield Preview("push_updates", "F24/testing", {}, database, lambda: NOW)
    database.close()


def test_a_preview_reads_like_a_run_that_has_just_begun(preview: Preview) -> None:
    assert preview.now() == NOW
    assert preview.run.attempt == 1
    assert preview.effect_record("move bash") is None
    assert preview.effect_records(["move bash"]) == {}
    assert preview.remembered("plan tree") is None
    assert preview.asked("complete") is None
    assert not preview.holds_up_another()


@pytest.mark.parametrize(
    "act",
    [
        lambda preview: preview.note("update", "FEDORA-1", "shipping", "why"),
        lambda preview: preview.say("key", "push.start", {}),
        lambda preview: preview.stop_asking("complete"),
        lambda preview: preview.start(Start("push_updates", "F24/testing", "key", {}, "2016-1")),
        lambda preview: preview.effect("key", "move bash", lambda: 1, lambda _: None),
        lambda preview: preview.effects([], lambda _: {}, lambda _: {}),
        lambda preview: preview.remember("plan tree", lambda: 1),
    ],
)
def test_a_preview_refuses_to_change_anything(preview: Preview, act: Callable[[Preview], object]) -> None:
    with pytest.raises(RequestRefused, match="a plan changes nothing, and was asked to"):
        act(preview)


def a_build(**otherwise: str) -> Build:
    rpm = {"name": "bash-doc", "version": "4.3", "release": "1.fc24", "arch": "noarch", **otherwise}
    source = Rpm(2, "bash", "4.3", "1.fc24", "src")
    return Build("bash-4.3-1.fc24", "bash", (Rpm(1, **rpm), source))


def test_files_are_found_where_koji_keeps_them_the_signed_copy_first(tmp_path: Path) -> None:
    folder = tmp_path / "packages" / "bash" / "4.3" / "1.fc24"
    plain, signed = (folder / part / "noarch" / "bash-doc-4.3-1.fc24.noarch.rpm" for part in (".", "data/signed/aa"))

    assert binary_rpms(tmp_path, [a_build()], "aa") == {"noarch": (plain,)}

    signed.parent.mkdir(parents=True)
    signed.touch()
    assert binary_rpms(tmp_path, [a_build()], "aa") == {"noarch": (signed,)}


@pytest.mark.parametrize("part", ["name", "version", "arch"])
def test_a_name_that_leads_out_of_the_store_is_refused(tmp_path: Path, part: str) -> None:
    with pytest.raises(MalformedInput, match="no name of a file"):
        binary_rpms(tmp_path, [a_build(**{part: "../../etc"})], "aa")

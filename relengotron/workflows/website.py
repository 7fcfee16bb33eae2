"""What does the download page say of a lane? What users get now, not what this run did: so a way back mends it too."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from relengotron.decisions.rolling_out import standing
from relengotron.engine.journal.publications import Publication
from relengotron.errors import Permanent
from relengotron.model.artifact import Artifact, Built
from relengotron.model.lane import Lane
from relengotron.model.rollout import Rollout, Standing
from relengotron.systems.mirror.paths import rel_path
from relengotron.systems.mirror.port import Manifest
from relengotron.systems.website.port import Artifacts, Shelf, Website
from relengotron.workflows.push import Push

_REPOMD = "repodata/repomd.xml"
_BESIDE = ("checksum", "signature")
_STAYS = ("version", "identity", "urls", "files", "published_at", "run", "ref", "commit")


def ensure_website_shows(push: Push, website: Website) -> bool:
    """The page says of this lane what users get now, and of every other what it said; False when it did already.

    A page that nobody can read is written anew for all lanes.
    """
    lanes = push.settings.lanes if website.read() is None else (push.lane,)
    shelves = {_shelf(push, lane): _artifacts(_in(push, lane)) for lane in lanes}
    return website.show(shelves, {(lane.release, lane.request) for lane in push.settings.lanes})


def shown_of(push: Push, website: Website) -> Any:
    """What the page says of this lane, before it is written."""
    said = website.read() or {"releases": {}}
    return said["releases"].get(push.lane.release, {}).get("requests", {}).get(push.lane.request)


def _in(push: Push, lane: Lane) -> Push:
    return push if lane == push.lane else replace(push, batch=replace(push.batch, lane=lane))


def _shelf(push: Push, lane: Lane) -> Shelf:
    return Shelf(lane.release, push.settings.release(lane.release).version, lane.request)


def _artifacts(push: Push) -> Artifacts:
    found = {artifact.name: _entry_if_known(push, artifact) for artifact in push.artifacts}
    return {name: entry for name, entry in found.items() if entry is not None}


def _entry_if_known(push: Push, artifact: Artifact) -> Mapping[str, Any] | None:
    """One artifact that nobody can say anything about keeps no other off the page."""
    try:
        return _entry(push, artifact)
    except Permanent as refused:
        push.engine.note("page", artifact.name, "left out", str(refused))
        return None


def _entry(push: Push, artifact: Artifact) -> Mapping[str, Any] | None:
    plugin = push.plugins.by_kind.get(artifact.kind)
    live = None if plugin is None else plugin.live(artifact, push.bench(artifact, {}))
    files = [] if live is None else _files(push, artifact, live)
    if live is None or ((live.repos or live.files) and not files):
        return None
    known, before = _publications(push, artifact, live.identity)
    path = str(known.facts.get("path", artifact.target)) if known is not None else artifact.target
    return {
        "kind": artifact.kind,
        "version": push.release.version,
        "identity": live.identity,
        "arches": list(artifact.arches),
        "urls": _urls(push, path),
        "files": files,
        "published_at": None if known is None else _stamp(known.at),
        "run": None if known is None else known.run,
        "previous": None if before is None else before.identity,
        **_tree(push, live, path),
        **_rollout(push, artifact, known),
    }


def run_of(push: Push, artifact: Artifact, identity: str) -> str | None:
    """The run that brought it; None when the journal does not know."""
    known, _ = _publications(push, artifact, identity)
    return None if known is None else known.run


def shown_before(push: Push, artifact: Artifact) -> Mapping[str, Any] | None:
    """What users get now, in words that stay true once they get something else; None when they get nothing."""
    entry = _entry(push, artifact)
    return None if entry is None else {key: entry[key] for key in _STAYS if key in entry}


def rollout_shown(push: Push, artifact: Artifact, found: Rollout, now: Standing) -> Mapping[str, Any] | None:
    """What the page says of a rollout; None once there is nothing left to say."""
    if now.is_whole:
        return None
    return {
        "percent": now.percent,
        "since": _stamp(now.since),
        "next_percent": now.next_percent,
        "next_at": None if now.next_at is None else _stamp(now.next_at),
        "paused": now.paused is not None,
        "previous": _still_there(push, artifact, found.planned.rest),
    }


def _rollout(push: Push, artifact: Artifact, known: Publication | None) -> Mapping[str, Any]:
    found = None if known is None else push.history.rollout(known.run, artifact.name)
    if known is None or found is None or found.begun.identity != known.identity:
        return {}
    shown = rollout_shown(push, artifact, found, standing(found, push.now()))
    return {} if shown is None else {"rollout": shown}


def _still_there(push: Push, artifact: Artifact, rest: Mapping[str, Any]) -> Mapping[str, Any]:
    """The version of before with those of its files that lie where they lay, under their own names."""
    target = rel_path(artifact.target)
    shown, place = push.world.mirror.published(target) or {}, push.world.mirror.place(target)

    def beside(name: str, link: str) -> bool:
        """Nobody remembers the checksum of a checksum file: one that has the name of a new one may be that."""
        return name not in _BESIDE or link.rpartition(f"/{artifact.target}/")[2] not in shown

    def is_there(file: Mapping[str, Any]) -> bool:
        if file["name"] in shown:
            return bool(shown[file["name"]].sha256 == file["sha256"])
        return (place / rel_path(str(file["name"]))).is_file()

    there = [each for each in rest["files"] if is_there(each)]
    return {**rest, "files": [{key: said for key, said in each.items() if beside(key, said)} for each in there]}


def _publications(push: Push, artifact: Artifact, identity: str) -> tuple[Publication | None, Publication | None]:
    """How this identity went live, and what was live before it; None for what the journal does not know."""
    known = push.history.publications(str(push.lane), artifact.name)
    places = [place for place, each in enumerate(known) if each.identity == identity]
    if not places:
        return None, next(iter(known), None)
    older = known[places[0] + 1 :]
    return known[places[0]], next((each for each in older if each.identity != identity), None)


def _files(push: Push, artifact: Artifact, live: Built) -> list[Mapping[str, Any]]:
    """What people or programs begin with: each image, and the metadata of each repo."""
    shown = push.world.mirror.published(rel_path(artifact.target))
    if shown is None:
        return []
    arch = artifact.arches[0] if len(artifact.arches) == 1 else None
    wanted = {file.path: arch for file in live.files} | {f"{each}/{_REPOMD}": each for each in live.repos}
    return [_file(push, artifact, path, of, shown) for path, of in sorted(wanted.items()) if path in shown]


def _file(push: Push, artifact: Artifact, path: str, arch: str | None, shown: Manifest) -> Mapping[str, Any]:
    folder = f"{path.rpartition('/')[0]}/".removeprefix("/")
    beside = {
        "checksum": (f"{path}-CHECKSUM", f"{folder}CHECKSUM"),
        "signature": (f"{path}.asc", f"{path}.sig"),
    }
    links = {name: next((each for each in places if each in shown), None) for name, places in beside.items()}
    return {
        "name": path,
        "arch": arch,
        "urls": _urls(push, f"{artifact.target}/{path}"),
        "size": shown[path].size,
        "sha256": shown[path].sha256,
        **{name: _urls(push, f"{artifact.target}/{place}")[0] for name, place in links.items() if place},
    }


def _tree(push: Push, live: Built, path: str) -> Mapping[str, Any]:
    """What is told of a tree besides: its ref, its own version, and the signature of its repo's summary."""
    match dict(live.facts):
        case {"ref": str(ref), "commit": str(commit), "repo": str(repo)}:
            info = push.world.ostree(Path(repo)).commit_info(commit)
            signed = (Path(repo) / "summary.sig").is_file()
            signature = {"signature": _urls(push, f"{path}/summary.sig")[0]} if signed else {}
            return {"ref": ref, "commit": commit, "version": info.version or push.release.version, **signature}
    return {}


def _urls(push: Push, path: str) -> list[str]:
    """Where people find it: at the mirror, then at each cache."""
    systems = push.settings.systems
    return [f"{base}/{path}" for base in (systems.mirror.url, *(each.url for each in systems.cdn.values()))]


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

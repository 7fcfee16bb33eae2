"""How did the world end? Everything outside that a push changes, without ids and times that differ each time."""

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from relengotron.plugins.image_manifest import SUFFIX
from relengotron.plugins.repo_signatures import ASC
from relengotron.systems.mirror.paths import PRIVATE
from relengotron.systems.signing.armor import unarmored
from tests.stage import readers
from tests.stage.configuration import WEBSITE, archive_ostree
from tests.stage.gate_stage import GateStage
from tests.stage.paper_builder import tasks_made
from tests.stage.stage import Stage
from tests.stage.weather import StormyOstree

ABOUT_A_MESSAGE = ("topic", "lane", "artifact", "step", "state", "failure", "nvr", "batch")


@dataclass(frozen=True)
class Ending:
    """Two rehearsals went alike when their endings are equal."""

    runs: Counter[tuple[str, str, str]]
    tasks: Counter[tuple[Any, ...]]
    tags: dict[str, tuple[str, ...]]
    results: Counter[tuple[str, ...]]
    files: dict[str, str]
    trees: dict[str, str]
    signed: dict[str, int]
    care: dict[str, Any]
    told: dict[str, Any]
    leftovers: tuple[str, ...]
    said: Counter[tuple[Any, ...]]
    gate: dict[str, Any]
    updates: dict[str, tuple[str, bool]]
    comments: Counter[str]
    parked: tuple[str, ...]

    def ends_of(self, workflow: str) -> set[str]:
        """The states in which the runs of a workflow came to rest."""
        return {state for name, _, state in self.runs if name == workflow}


def ending_of(stage: Stage) -> Ending:
    """Look at everything."""
    assert stage.unsent() == 0
    assert "new" not in stage.inbox()
    return Ending(
        runs=Counter((run.workflow, _lane(stage, run.lane), str(run.state)) for run in stage.runs()),
        tasks=_tasks(stage),
        tags=_tags(stage),
        results=_results(stage),
        files=_files(stage),
        trees=_trees(stage),
        signed=_signed(stage),
        care=_care(stage) if stage.settings.calendar else {},
        told=_told(stage) if stage.settings.systems.mirror.modules else {},
        leftovers=_leftovers(stage),
        said=Counter(
            tuple(_lane(stage, str(body.get(key))) if key == "lane" else body.get(key) for key in ABOUT_A_MESSAGE)
            for body in stage.said()
            if body.get("state") != "running" and not body["topic"].endswith(".hold")
        ),
        gate=_gate(stage) if isinstance(stage, GateStage) else {},
        updates={str(each.alias): (each.status, each.locked) for each in stage.outside.bodhi.updates},
        comments=_comments(stage),
        parked=tuple(stage.parked()),
    )


def _lane(stage: Stage, lane: str) -> str:
    """Without the message that opened it, and without the place of this rehearsal."""
    return lane.split("/2016")[0].replace(str(stage.root), "ROOT")


def _tasks(stage: Stage) -> Counter[tuple[Any, ...]]:
    made: Counter[tuple[Any, ...]] = Counter()
    for key, count in tasks_made(stage.outside.hub).items():
        made[tuple(eval(repr(key).replace(str(stage.root), "ROOT")))] += count
    return made


def _tags(stage: Stage) -> dict[str, tuple[str, ...]]:
    hub = stage.outside.hub
    return {
        nvr: tuple(sorted(tag["name"] for tag in hub.call(None, "listTags", build=nvr)))
        for update in stage.outside.bodhi.updates
        for nvr in (build.nvr for build in update.builds)
        if hub.call(None, "getBuild", nvr) is not None
    }


def _results(stage: Stage) -> Counter[tuple[str, ...]]:
    shown = [stage.outside.results.show_result(row) for row in stage.outside.results.results.by_id.values()]
    names = {
        row["data"]["item"][0]: f"{row['data']['request'][0]} {row['data']['artifact'][0]}"
        for row in shown
        if "artifact" in row["data"]
    }
    about = [(row["testcase"]["name"], row["data"]["item"][0], row["outcome"]) for row in shown]
    return Counter((testcase, names.get(item, item), outcome) for testcase, item, outcome in about)


def _files(stage: Stage) -> dict[str, str]:
    pub = stage.root / "pub"
    found = {}
    for path in sorted(pub.rglob("*")):
        name = path.relative_to(pub).as_posix()
        if path.is_file() and not name.startswith((*readers.OURS, WEBSITE, "atomic/repo/")):
            text = path.read_bytes().decode("latin-1")
            text = _without_signature(stage, name, text)
            found[_without_times(name)] = _without_times(_timeless(text) if name.endswith(SUFFIX) else text)
    return found


def _without_signature(stage: Stage, name: str, text: str) -> str:
    """Each signature is another one; what counts is that it is good, and over what."""
    signer, place = stage.outside.signer, stage.root / "pub" / name
    if name.endswith(ASC):
        signed = place.with_name(place.name.removesuffix(ASC)).read_bytes()
        return signer.read_detached(signed, unarmored(text.encode())).why
    return text.partition("\n-----BEGIN PGP SIGNATURE-----")[0]


def _signed(stage: Stage) -> dict[str, int]:
    """By ref how many signatures the commit has that it shows, all of them good."""
    live, signer = stage.outside.live, stage.outside.signer
    found = {ref: (live.commit_bytes(commit), live.signatures(commit)) for ref, commit in live.refs().items()}
    for commit, signatures in found.values():
        assert all(signer.read_detached(commit, each).is_good for each in signatures)
    return {ref: len(signatures) for ref, (_, signatures) in found.items()}


def _timeless(sheet: str) -> str:
    """What an image says of itself, without the run that made it and the commit of its tree, which knows that run."""
    said = json.loads(sheet)
    del said["run"], said["tree"]["commit"]
    return json.dumps(said, indent=1)


def _without_times(text: str) -> str:
    return (
        "".join("#" if letter.isdigit() else letter for letter in text)
        if "images/" in text or "atomic-" in text
        else text
    )


def _trees(stage: Stage) -> dict[str, str]:
    live: StormyOstree = stage.outside.live
    assert live.fsck().clean
    return {ref: live.content_checksum(commit) for ref, commit in live.refs().items()}


def _care(stage: Stage) -> dict[str, Any]:
    """What is left of a repo that is looked after, and what its archive holds."""
    live, archive = stage.outside.live, stage.outside.ostree(archive_ostree(stage.root))
    return {
        "archived": {ref: archive.content_checksum(commit) for ref, commit in archive.refs().items()},
        "is sound": archive.fsck().clean,
        "deltas": sorted((str(each.old), each.new) for each in live.deltas()),
        "commits": sorted(live.commits()),
        "objects": sorted(live.stored()),
        "tags": live.tags(),
        "summary": (live.path / "summary").read_text(),
    }


def _told(stage: Stage) -> dict[str, Any]:
    """What mirrors, caches and the download page say otherwise than it is, and of what the page speaks."""
    return {"untrue": readers.untruths(stage), "page": sorted(readers.page(stage))}


def _gate(stage: GateStage) -> dict[str, Any]:
    """What became of every build at the gate, and what is the latest of its package behind it."""
    return {
        row.nvr: (str(row.state), row.batch, row.tries, sorted(stage.tags_of(row.nvr)), stage.latest(row.package))
        for row in stage.rows()
    }


def _comments(stage: Stage) -> Counter[str]:
    """How often we commented on each update."""
    updates = stage.outside.bodhi.updates
    return Counter(str(each.alias) for each in updates for said in each.comments if said.author == "relengotron")


def _leftovers(stage: Stage) -> tuple[str, ...]:
    """Staged files that nobody took away."""
    staged = stage.root / "pub" / f"{PRIVATE}-stage"
    return tuple(path.name for path in staged.rglob("*") if path.is_file())

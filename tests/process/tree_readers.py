"""A publisher of trees that may be killed at any moment, and a reader who follows the ref and the summary."""

import json
import subprocess
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from relengotron.errors import MalformedInput
from relengotron.model.artifact import Artifact, Built, Published
from relengotron.model.codec import from_json, to_json
from relengotron.plugins.ostree import OstreePlugin
from relengotron.sdk import Workbench
from relengotron.systems.ostree.client import OstreeCli
from relengotron.systems.ostree.objects import commit_object, objects_of
from relengotron.systems.ostree.summary import refs_in
from tests.process.mirror_readers import PACKAGES, started, steps_done, steps_of

REF = "fedora-atomic/f24/x86_64/docker-host"
PLUGIN = OstreePlugin()


def publisher(place: Path, pushes: int, rollbacks: int) -> BaseProcess:
    """A process that goes on where the last one was killed, until everything is published."""
    return started(_publish, place, pushes, rollbacks)


def _publish(place: Path, pushes: int, rollbacks: int) -> None:
    for number, (verb, push) in enumerate(steps_of(pushes, rollbacks)):
        if number < steps_done(place):
            continue
        if verb == "publish":
            published = PLUGIN.publish(_compose(place, push), _artifact(place), _bench(number))
            (place / "shown.new").write_text(json.dumps(to_json(published)))
            (place / "shown.new").replace(place / "shown")
        else:
            shown = from_json(Published, json.loads((place / "shown").read_text()))
            PLUGIN.withdraw(shown, _artifact(place), _bench(number))
        with (place / "done").open("a") as done:
            done.write(f"{verb} {push}\n")


def _artifact(place: Path) -> Artifact:
    live = str(place / "live")
    return Artifact(
        "tree", "ostree", "F24", ("x86_64",), "refs/tree", settings={"ref": REF, "live_repo": live, "url_path": "repo"}
    )


def _bench(number: int) -> Workbench:
    """As much of a workbench as showing and taking back need; what was begun is begun again."""
    bench = SimpleNamespace(
        run=f"20161101-{number:06d}-aaaaaaaa",
        release=SimpleNamespace(version="24"),
        signer=None,
        ostree=OstreeCli,
        now=lambda: datetime.now(UTC),
        effect=_effect,
    )
    return cast(Workbench, bench)


def _effect(_key: str, _what: str, do: Any, find: Any, *, old: Any) -> Any:
    return find(SimpleNamespace(old=old)) or do()


def _compose(place: Path, push: int) -> Built:
    """A commit on top of what is live: one package in each push is new, others are replaced by and by."""
    private, tree = OstreeCli(place / "private"), place / "tree"
    private.init_archive()
    tree.mkdir(exist_ok=True)
    for each in range(PACKAGES):
        (tree / f"p{each}").write_text(f"package {each}, version {(push + each) // PACKAGES}" * 20)
    live = OstreeCli(place / "live")
    live.init_archive()
    parent = live.head(REF)
    if parent is not None and not private.has_commit(parent):
        private.pull_local(live.path, parent)
    command = ["ostree", f"--repo={private.path}", "commit", "--orphan", f"--tree=dir={tree}", "--no-bindings"]
    command += [f"--add-metadata-string=version=24.{push}", f"--subject=push {push}"]
    command += [f"--parent={parent}"] if parent is not None else []
    commit = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.strip()
    return Built("tree", "ostree", commit, str(private.path), 1, facts={"repo": str(private.path), "parent": parent})


def read_on(repo: Path, boss: Connection) -> None:
    """Follow ref and summary again and again until told to stop; then say how often, and what was wrong."""
    reads, wrong = 0, list[str]()
    while not boss.poll():
        if (repo / "refs/heads" / REF).exists():
            reads += 1
            wrong += _read(repo)
    boss.send((reads, wrong[:5]))


def _read(repo: Path) -> list[str]:
    """What a client finds wrong who starts from the ref, or from the summary."""
    try:
        found = _missing(repo, (repo / "refs/heads" / REF).read_text().strip(), "the ref")
        if (repo / "summary").exists():
            found += _missing(repo, refs_in((repo / "summary").read_bytes()).get(REF, ""), "the summary")
        return found
    except MalformedInput as wrong:
        return [str(wrong)]


def _missing(repo: Path, commit: str, who: str) -> list[str]:
    """What is absent of a commit that somebody leads to; a repo's very first summary may list no ref yet."""
    if not commit:
        return []
    if commit_object(repo, commit) is None:
        return [f"{who} leads to {commit}, which is not there"]
    needed = (name for name in objects_of(repo, [commit]) if not name.endswith(".commitmeta"))
    return [
        f"{who} leads to {commit}, which needs {name}"
        for name in needed
        if not (repo / "objects" / name[:2] / name[2:]).exists()
    ]

"""How many commands does a promotion cost? Each takes 20 ms to start: what files say is read from the files."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from relengotron.systems.ostree import command
from relengotron.systems.ostree.client import OstreeCli
from relengotron.workflows.trees.operation import Terms
from relengotron.workflows.trees.promoting import Wanted, promotion

PACKAGES = "[('bash', '0', '4.3.42', '1.fc24', 'x86_64'), ('it''s', '0', '1', '1', 'noarch')]".replace("''", "\\'")
BY_HAND = {"--no-bindings": ["pull-local", "refs", "summary"], "": ["pull-local", "commit", "refs", "summary"]}


def composed(repo: OstreeCli, tree: Path, ref: str, day: int, *binding: str) -> str:
    (tree / "file").write_text(str(day))
    words = [f"--timestamp=2016-11-{day:02}T00:00:00Z", f"--add-metadata-string=version=24.{day}", "--subject=s"]
    words += [f"--add-metadata=rpmostree.rpmdb.pkglist={PACKAGES}", f"--branch={ref}", f"--tree=dir={tree}"]
    done = subprocess.run(
        ["ostree", f"--repo={repo.path}", "commit", *words, *binding], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.mark.parametrize("binding", BY_HAND, ids=["as it is", "committed again"])
def test_a_promotion_runs_the_commands_that_somebody_would_type_and_no_other(
    tmp_path: Path, binding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    private, live, tree = OstreeCli(tmp_path / "private"), OstreeCli(tmp_path / "live"), tmp_path / "tree"
    tree.mkdir()
    for repo in (private, live):
        repo.init_archive()
    words = [binding] if binding else []
    terms = Terms(timedelta(), lambda: datetime(2016, 11, 20, tzinfo=UTC))
    first = composed(private, tree, "fresh", 1, *words)
    promotion(
        Wanted(private, first, live, "live/ref"), Terms(timedelta(), lambda: datetime(2016, 11, 5, tzinfo=UTC))
    ).act()
    second = composed(private, tree, "fresh", 10, *words)
    run, typed = subprocess.run, list[str]()

    def counted(words: list[str], **named: object) -> object:
        typed.append(words[2])
        return run(words, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(command.subprocess, "run", counted)  # type: ignore[attr-defined]
    promotion(Wanted(private, second, live, "live/ref"), terms).act()

    assert typed == BY_HAND[binding]
    shown = live.commit_info(str(live.head("live/ref")))
    assert shown.packages == private.commit_info(second).packages
    assert shown.version == "24.10"

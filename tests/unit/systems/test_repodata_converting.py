"""What becomes of us when metadata kill the process that reads them?"""

import gzip
import sys
from pathlib import Path

import pytest

from relengotron.errors import MalformedInput, SystemUnreachable
from relengotron.systems.repodata import converting
from relengotron.systems.repodata.converting import in_a_child

MADE_SMALL = """
import resource, sys
from relengotron.systems.repodata import converter
converter._LIMITS = ((resource.RLIMIT_FSIZE, 1 << 16),)
sys.exit(converter.main())
"""


@pytest.mark.parametrize(
    ("code", "error", "words"),
    [
        ("import os; os.kill(os.getpid(), 11)", MalformedInput, "dies of signal 11"),
        ("import os; os.abort()", MalformedInput, "dies of signal 6"),
        ("import os; os.kill(os.getpid(), 9)", SystemUnreachable, "cannot be converted now"),
        ("raise OSError('No space left on device')", SystemUnreachable, "No space left"),
    ],
)
def test_a_dead_child_is_an_answer_with_a_reason(
    monkeypatch: pytest.MonkeyPatch, code: str, error: type[Exception], words: str
) -> None:
    monkeypatch.setattr(converting, "_COMMAND", (sys.executable, "-I", "-c", code))

    with pytest.raises(error, match=words):
        in_a_child({})


def test_a_child_that_cannot_be_started_is_our_own_trouble(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(converting, "_COMMAND", (str(tmp_path / "no-python"),))

    with pytest.raises(SystemUnreachable, match="cannot be converted now"):
        in_a_child({})


def test_a_decompression_bomb_ends_at_the_limit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(converting, "_COMMAND", (sys.executable, "-I", "-c", MADE_SMALL))
    bomb = tmp_path / "primary.xml.gz"
    bomb.write_bytes(gzip.compress(b"<metadata>" + b"a" * (1 << 22)))

    with pytest.raises(MalformedInput, match="primary"):
        in_a_child(
            {"files": {"primary": str(bomb)}, "rpms": [], "target": str(tmp_path / "t"), "scratch": str(tmp_path)}
        )
    assert sum(file.stat().st_size for file in tmp_path.iterdir() if file != bomb) <= 1 << 16

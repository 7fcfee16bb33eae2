"""Does any recording play, anywhere, line by line, and touch nothing real?"""

import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relengotron.cli.main import main
from relengotron.lab.replay import sandbox
from relengotron.lab.replay.clock import Clock
from relengotron.lab.replay.recording import LONGEST_LINE
from relengotron.lab.replay.sandbox import Sandbox
from relengotron.messages.limits import LARGEST_MESSAGE
from tests.builders import a_message
from tests.conftest import Tell

CORPUS = Path(__file__).parents[1] / "corpus" / "messages.jsonl"
EXAMPLE = Path(__file__).parents[2] / "config"
ORDER = a_message("bodhi.masher.start", {"agent": "ralph", "updates": ["bash-4.3.42-1.fc24"]}, "2016-order")
CLOSED = {"id": 7, "method": "image", "new": "CLOSED", "old": "OPEN", "info": {"id": 7}, "owner": "o", "srpm": "s"}
KEYS = ["intents", "msg_id", "outcome", "reason", "topic"]

Play = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory on a machine without a network; what is thrown away lies in ``thrown``."""
    (tmp_path / "here").mkdir()
    (tmp_path / "thrown").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "thrown"))
    monkeypatch.setattr(socket.socket, "connect", _no_network)
    monkeypatch.delenv("RELENGOTRON_CONFIG", raising=False)
    return tmp_path


def _no_network(*_arguments: object) -> None:
    raise AssertionError("nothing may be connected to")


def replayed(recording: bytes, *arguments: str, status: int = 0, before: tuple[str, ...] = ()) -> Result:
    command = [*before, "messages", "replay", "-", "--sandbox", *arguments]
    result = CliRunner().invoke(main, command, input=recording, catch_exceptions=False)
    assert result.exit_code == status, result.output
    return result


@pytest.fixture
def play(nowhere: Path) -> Play:
    """Play lines and get one answer a line."""

    def call(*lines: bytes | str | dict[str, Any]) -> list[dict[str, Any]]:
        told = replayed(recorded(lines), "--json").stdout.splitlines()
        assert len(told) == len(lines)
        answers = [json.loads(line) for line in told]
        assert all(sorted(answer) == KEYS for answer in answers)
        assert [*(nowhere / "thrown").iterdir()] == [*(nowhere / "here").iterdir()] == []
        return answers

    return call


def recorded(lines: Iterable[bytes | str | dict[str, Any]]) -> bytes:
    return b"".join(as_bytes(line) + b"\n" for line in lines)


def as_bytes(line: bytes | str | dict[str, Any]) -> bytes:
    match line:
        case bytes():
            return line
        case str():
            return line.encode()
        case _:
            return json.dumps(line).encode()


def outcomes(answers: list[dict[str, Any]]) -> list[str]:
    return [answer["outcome"] for answer in answers]


def test_the_corpus_plays(play: Play, tell: Tell) -> None:
    lines = CORPUS.read_text(encoding="utf-8").splitlines()
    answers = play(*lines)
    assert [answer["topic"] for answer in answers] == [json.loads(line)["topic"] for line in lines]
    assert all(answer["reason"] for answer in answers)
    counted = Counter(outcomes(answers))
    assert counted["parked"] == 0
    assert counted["handled"] > 10
    tell(f"{len(lines)} recorded messages played into a sandbox: {dict(counted)}")


def test_what_would_be_done_is_told_as_objects(play: Play) -> None:
    order, news = play(ORDER, a_message("buildsys.task.state.change", CLOSED, "2016-task"))
    assert (order["msg_id"], order["topic"]) == ("2016-order", "org.fedoraproject.dev.bodhi.masher.start")
    (start,) = order["intents"]
    assert (start["intent"], start["workflow"], start["lane"]) == ("Start", "receive_push", "requests/2016-order")
    assert start["request"]["updates"] == ["bash-4.3.42-1.fc24"]
    assert news["intents"] == [{"intent": "Wake", "system": "koji.task", "key": "7"}]


@pytest.mark.parametrize(
    "line",
    [
        ORDER,
        {"topic": ORDER["topic"], "body": ORDER},
        {"topic": ORDER["topic"], "body": ORDER, "headers": {}},
        ORDER | {"source_name": "datanommer", "source_version": "0.9.0", "headers": {}, "timestamp": 1477994400.0},
        ORDER | {"topic": "org.centos.stage.bodhi.masher.start"},
        ORDER | {"signature": "x", "certificate": "y", "crypto": "x509"},
        {"topic": ORDER["topic"], "id": "2016-order", "body": ORDER["msg"], "queue": "q", "headers": {}},
        b"\xef\xbb\xbf" + json.dumps(ORDER).encode() + b"\r",
    ],
)
def test_every_shape_in_which_recordings_come_is_read(play: Play, line: bytes | dict[str, Any]) -> None:
    (answer,) = play(line)
    assert (answer["msg_id"], answer["outcome"]) == ("2016-order", "handled")


def test_a_message_without_an_id_gets_one(play: Play) -> None:
    bare = {key: value for key, value in ORDER.items() if key != "msg_id"}
    first, again, other = play(bare, bare | {"source_name": "datanommer"}, bare | {"i": 2})
    assert first["msg_id"].startswith("sha256-")
    assert again["reason"] == "it is here already"
    assert other["outcome"] == "handled"


def test_a_message_that_comes_twice_is_ignored_the_second_time(play: Play) -> None:
    first, second = play(ORDER, ORDER | {"i": 2})
    assert first["outcome"] == "handled"
    assert second == first | {"outcome": "ignored", "reason": "it is here already", "intents": []}


def test_the_same_news_under_another_id_is_ignored(play: Play) -> None:
    news = [a_message("buildsys.task.state.change", CLOSED, f"2016-task-{number}") for number in range(2)]
    first, second = play(*news)
    assert first["outcome"] == "handled"
    assert (second["outcome"], second["reason"]) == ("ignored", "the same news came as 2016-task-0")
    assert second["intents"] == []


GARBAGE = [
    "not JSON",
    "{",
    "[1, 2]",
    "null",
    "7",
    '"body"',
    '{"body": 7}',
    '{"topic": 7, "msg": {}}',
    '{"topic": "org.fedoraproject.dev.x.y", "msg": NaN}',
    '{"topic": "org.fedoraproject.dev.x.y", "msg": {"n": 1e999}}',
    '{"topic": "a\\ud800.dev.x", "msg": {}}',
    "[" * 100_000,
    b"\xff\xfe\x00\x80",
    b"x" * (LARGEST_MESSAGE + 1),
    b"x" * (LONGEST_LINE + 7),
]


def test_garbage_is_put_aside_line_by_line(play: Play) -> None:
    answers = play(ORDER, *GARBAGE, *GARBAGE, ORDER | {"msg_id": "2016-after"})
    assert outcomes(answers) == ["handled", *["parked"] * 2 * len(GARBAGE), "handled"]
    assert {answer["topic"] for answer in answers[1:-1]} <= {None, "org.fedoraproject.dev.x.y"}
    assert all(answer["reason"] for answer in answers)


def test_an_empty_line_has_an_answer_too(play: Play) -> None:
    assert outcomes(play("", " \t", ORDER)) == ["ignored", "ignored", "handled"]


def test_an_empty_recording_plays(nowhere: Path) -> None:
    assert replayed(b"", "--json").stdout == ""
    assert "handled" in replayed(b"").stdout


def test_a_wish_from_the_bus_is_no_wish(play: Play) -> None:
    (answer,) = play(a_message("relengotron.person.cancel", {"run": "x", "agent": "y", "reason": "z"}, "2016-wish"))
    assert (answer["msg_id"], answer["outcome"], answer["intents"]) == ("2016-wish", "parked", [])


def test_more_garbage_than_is_kept_is_told_all_the_same(play: Play) -> None:
    answers = play(*[f"garbage {number}" for number in range(1100)], ORDER)
    assert outcomes(answers) == ["parked"] * 1100 + ["handled"]


@pytest.mark.usefixtures("nowhere")
def test_without_a_sandbox_nothing_is_played() -> None:
    result = CliRunner().invoke(main, ["messages", "replay", str(CORPUS)])
    assert result.exit_code == 2
    assert "relengotron messages redrive" in result.output


@pytest.mark.usefixtures("nowhere")
def test_a_recording_that_is_not_there_is_wrong_usage() -> None:
    assert CliRunner().invoke(main, ["messages", "replay", "nothing", "--sandbox"]).exit_code == 2


@pytest.mark.usefixtures("nowhere")
def test_a_defect_is_told_by_the_exit_status_and_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_arguments: object) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(sandbox, "route", breaks)
    ignored = a_message("buildsys.repo.done", {"tag": "f24"}, "2016-repo")
    told = replayed(recorded([ORDER, ignored]), "--json", status=1).stdout.splitlines()
    assert outcomes([json.loads(line) for line in told]) == ["parked", "ignored"]
    assert "defect: ZeroDivisionError" in told[0]
    assert "ZeroDivisionError" in replayed(recorded([ORDER]), status=1).stdout


def test_a_person_sees_what_matters_and_which_runs_would_begin(nowhere: Path) -> None:
    told = replayed(recorded([ORDER, "garbage \x1b[2J", *CORPUS.read_text(encoding="utf-8").splitlines()])).stdout
    for part in (
        "Start workflow=receive_push",
        "not a topic relengotron acts on",
        "unreadable: not JSON",
        "receive_push requests/2016-order",
        "every lane has a run: done",
        "Bodhi knows no update bash-4.3.42-1.fc24",
        "The services of the sandbox are empty",
    ):
        assert part in told
    assert "\x1b" not in told
    assert [*(nowhere / "thrown").iterdir()] == [*(nowhere / "here").iterdir()] == []


def test_a_named_configuration_lends_its_lanes_and_nothing_else(nowhere: Path) -> None:
    config = nowhere / "config"
    shutil.copytree(EXAMPLE, config)
    update = {"alias": "FEDORA-2016-aaaa", "title": "bash-4.3.42-1.fc23", "builds": ["bash-4.3.42-1.fc23"]}
    batch = {"release": "F23", "request": "testing", "updates": [update]}
    order = a_message("relengotron.push.request", {"agent": "releng", "batches": [batch]}, "2016-ours")
    told = replayed(recorded([order]), before=("--config", str(config))).stdout
    assert "push_updates F23/testing" in told
    assert "F23/testing is not a lane of releases.yaml" in replayed(recorded([order])).stdout
    assert [*(nowhere / "thrown").iterdir()] == []


def test_a_named_configuration_with_a_mistake_is_wrong_usage(nowhere: Path) -> None:
    replayed(recorded([ORDER]), status=2, before=("--config", str(nowhere / "here")))


def test_it_works_as_a_program_in_an_empty_directory(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "relengotron", "messages", "replay", str(CORPUS), "--sandbox", "--json"]
    played = subprocess.run(
        command, cwd=tmp_path, env={"TMPDIR": str(tmp_path)}, capture_output=True, text=True, check=False, timeout=60
    )
    assert (played.returncode, played.stderr) == (0, "")
    assert len(played.stdout.splitlines()) == 258
    assert [*tmp_path.iterdir()] == []


def test_thousands_of_lines_take_seconds(tmp_path: Path, tell: Tell) -> None:
    recording = [json.loads(line) for line in CORPUS.read_text(encoding="utf-8").splitlines()]
    lines = [json.dumps(recording[n % len(recording)] | {"msg_id": f"2016-{uuid.uuid4()}"}) for n in range(2000)]
    begun = time.perf_counter()
    with closing(Sandbox(tmp_path, Clock())) as opened:
        played = [*opened.play(lines)]
    took = time.perf_counter() - begun
    assert len(played) == 2000
    assert took < 30
    tell(f"{len(lines) / took:.0f} messages a second through the sandbox")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
TOPICS = st.sampled_from(sorted({json.loads(line)["topic"] for line in CORPUS.read_text().splitlines()}))
FIELDS = ("topic", "msg", "body", "msg_id", "timestamp", "i", "username", "headers", "id")
ENVELOPES = st.dictionaries(st.sampled_from(FIELDS), JSON | TOPICS, max_size=6)


@pytest.fixture(scope="module")
def one_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox for many recordings."""
    with closing(Sandbox(tmp_path_factory.mktemp("sandbox"), Clock())) as opened:
        yield opened


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lines=st.lists(ENVELOPES.map(json.dumps) | JSON.map(json.dumps) | st.text(max_size=50), max_size=6))
def test_no_line_ends_the_play(one_sandbox: Sandbox, lines: list[str]) -> None:
    played = [*one_sandbox.play(lines)]
    assert len(played) == len(lines)
    assert not any(each.raised for each in played)

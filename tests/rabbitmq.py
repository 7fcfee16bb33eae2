"""A throw-away RabbitMQ that speaks STOMP: one broker a session, on loopback, with a folder of its own."""

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

HOST = "127.0.0.1"
USER, PASSWORD = "releng", "pass:word"  # a colon is what STOMP writes in another way
READY_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker listens, and how its administrator speaks to it."""

    port: int
    programs: Path
    environment: Mapping[str, str] = field(repr=False)

    @property
    def config(self) -> dict[str, object]:
        """What a hub's configuration says about this broker."""
        return {"stomp_uri": f"{HOST}:{self.port}", "stomp_user": USER, "stomp_pass": PASSWORD}

    def hang_up(self) -> None:
        """End every connection, as a broker does that is restarted."""
        self._order("close_all_connections", "restart")

    def keeps(self, queue: str) -> int:
        """How many messages of the queue nobody has acknowledged."""
        queues = json.loads(self._order("list_queues", "name", "messages", "--formatter", "json"))
        return int(next(each["messages"] for each in queues if each["name"] == queue))

    def _order(self, *words: str) -> bytes:
        command = [str(self.programs / "rabbitmqctl"), "-q", *words]
        done = subprocess.run(command, env=self.environment, check=True, capture_output=True, timeout=READY_WITHIN_S)
        return done.stdout


def _programs() -> Path | None:
    """The scripts themselves: what stands in the PATH changes to an account of its own first."""
    found = sorted(Path("/usr/lib/rabbitmq").glob("**/sbin/rabbitmq-server"))
    return found[-1].parent if found else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _environment(home: Path, port: int, names: int) -> dict[str, str]:
    (home / "plugins").write_text("[rabbitmq_stomp].\n")
    (home / "rabbitmq.conf").write_text(
        f"listeners.tcp = none\nstomp.listeners.tcp.1 = {HOST}:{port}\n"
        f"default_user = {USER}\ndefault_pass = {PASSWORD}\n"
    )
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "ERL_EPMD_ADDRESS": HOST,
        "ERL_EPMD_PORT": str(names),
        "RABBITMQ_NODENAME": f"test{port}@localhost",
        "RABBITMQ_DIST_PORT": str(_free_port()),
        "RABBITMQ_MNESIA_BASE": str(home / "data"),
        "RABBITMQ_LOG_BASE": str(home / "log"),
        "RABBITMQ_PID_FILE": str(home / "pid"),
        "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
        "RABBITMQ_CONF_ENV_FILE": os.devnull,
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none",
    }


@contextmanager
def _running(command: list[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process whose whole group ends with the block: the server's script has the server for a child."""
    with log.open("ab") as said:
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True
        )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait_until_it_listens(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while True:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"RabbitMQ does not listen:\n{log.read_text()[-3000:]}") from None
            time.sleep(0.05)


@pytest.fixture(scope="session")
def rabbitmq() -> Iterator[Broker]:
    """A running broker; queues that a test makes are its own if their names are."""
    programs, epmd = _programs(), shutil.which("epmd")
    if programs is None or epmd is None:
        pytest.skip("no RabbitMQ is installed (rabbitmq-server was not found)")
    port, names = _free_port(), _free_port()
    with ExitStack() as held:
        home = Path(
            held.enter_context(tempfile.TemporaryDirectory(prefix="relengotron-mq-", ignore_cleanup_errors=True))
        )
        environment, log = _environment(home, port, names), home / "said"
        held.enter_context(_running([epmd, "-port", str(names), "-address", HOST], environment, log))
        process = held.enter_context(_running([str(programs / "rabbitmq-server")], environment, log))
        _wait_until_it_listens(port, process, log)
        yield Broker(port, programs, environment)

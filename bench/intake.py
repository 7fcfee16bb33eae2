"""How fast do messages come in and onto the disk, and is one lost on the way?"""

import json
import signal
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bench.hub import TOPICS, Hub, fedmsg_config, messages, publishing
from bench.hub_consumers import FINISHED
from bench.results import Measure, percentile, timed
from bench.timed_consumer import MOMENTS
from relengotron.engine.journal import inbox
from relengotron.engine.journal.database import Database
from relengotron.lab.certificates import Authority
from relengotron.messages.incoming import PARSERS
from relengotron.systems.bus.signing import Seal
from tests.postgres import running_server
from tests.stage.configuration import settings_for

BURST: Final = 50_000
SIGNED_BURST: Final = 5_000
ROUNDS: Final = 3
LARGE_BURST: Final = 100_000
STEADY: Final = 5_000
STEADY_S: Final = 10
IN_FLIGHT: Final = 500
PATIENCE_S: Final = 120.0
STOCK: Final = Path(".venv-stock/bin/python").absolute()
SENDER: Final = "koji-lab"
Frame = tuple[bytes, bytes]
OURS: Final = "relengotron.consumers.fedmsg_hub:Relengotron"
NOOP: Final = "hub_consumers:Noop"
TIMED: Final = "timed_consumer:Timed"
ON_DISK: Final = "-c listen_addresses='' -c fsync=on -c synchronous_commit=on"


def measure(root: Path) -> Iterator[Measure]:
    """Everything about the way in."""
    yield from _inbox_alone(root)
    yield _against_noop(root)
    yield _against_stock(root)
    yield _large_burst(root)
    yield _steady(root)


def _inbox_alone(root: Path) -> Iterator[Measure]:
    """The journal's inbox without a hub: as many messages in each transaction as wait under load."""
    note = f"{BURST} messages of 770 bytes, {IN_FLIGHT} in flight, each transaction on disk before the next"
    rate = _inbox_rate(f"sqlite:///{root / 'inbox.sqlite'}")
    yield Measure("inbox_messages_per_s", rate, "1/s", 40_000, more_is_better=True, note=note)
    with running_server(ON_DISK) as home:
        rate = _inbox_rate(f"postgresql+psycopg://postgres@/postgres?host={home}")
    yield Measure("inbox_pg_messages_per_s", rate, "1/s", 35_000, more_is_better=True, note=note)


def _inbox_rate(url: str) -> float:
    database = Database(url)
    rows = [
        inbox.NewMessage(f"2016-{number:036d}", topic.decode(), text.decode())
        for number, (topic, text) in enumerate(messages(BURST))
    ]
    now = datetime.now(UTC)

    def store() -> None:
        for start in range(0, BURST, IN_FLIGHT):
            with database.write() as db:
                inbox.store_all(db, rows[start : start + IN_FLIGHT], now)

    took = timed(store)
    database.close()
    return BURST / took


def _against_noop(root: Path) -> Measure:
    """The same burst through the same hub: our consumer, every message on disk, and one that does nothing."""
    ours, noop = [], []
    frames = messages(BURST)
    for number in range(ROUNDS):
        noop.append(_burst(root / f"noop-{number}", NOOP, _finished, frames))
        ours.append(_burst(root / f"ours-{number}", OURS, _stored, frames))
    peer = "fedmsg's consumer base class with an empty consume() in the same hub"
    return _ratio("intake_vs_noop_ratio", 0.8, peer, ours, noop, BURST)


def _against_stock(root: Path) -> Measure:
    """The same signed burst: our consumer, every sender proven and every message on disk, and fedmsg's base class.

    The peer runs in an environment of its own, with the pyOpenSSL that fedmsg's signatures need.
    """
    authority = Authority.make(root / "pki")
    signing = _signing(authority)
    frames = _sealed(messages(SIGNED_BURST), signing)
    ours, stock = [], []
    for number in range(ROUNDS):
        stock.append(_burst(root / f"stock-{number}", NOOP, _finished, frames, python=STOCK, **signing))
        ours.append(_burst(root / f"signed-{number}", OURS, _stored, frames, **signing))
    peer = "fedmsg's consumer base class validating, with an empty consume()"
    return _ratio("intake_signed_vs_stock_ratio", 1.8, peer, ours, stock, SIGNED_BURST)


def _ratio(name: str, target: float, peer: str, ours: Sequence[float], theirs: Sequence[float], count: int) -> Measure:
    our, their = statistics.median(ours), statistics.median(theirs)
    note = f"{count} messages, medians of {ROUNDS} rounds: {our:,.0f} and {their:,.0f} a second"
    value = our / their
    return Measure(name, value, "ratio", target, more_is_better=True, compared_to=peer, ratio=value, note=note)


def _signing(authority: Authority) -> dict[str, Any]:
    return {
        "validate_signatures": True,
        "sign_messages": True,
        "crypto_backend": "x509",
        "crypto_validate_backends": ["x509"],
        "ssldir": str(authority.folder),
        "ca_cert_location": str(authority.ca_file),
        "crl_location": "",
        "certnames": {name: authority.sign_for(SENDER) for name in ("publisher", "relengotron.stage")},
    }


def _sealed(frames: Sequence[Frame], signing: dict[str, Any]) -> list[Frame]:
    seal = Seal(signing | {"name": "publisher"})
    sealed = []
    for topic, text in frames:
        envelope = json.loads(text)
        seal.put_on(envelope, envelope["msg_id"])
        sealed.append((topic, json.dumps(envelope).encode()))
    return sealed


def _burst(
    folder: Path,
    consumer: str,
    wait: Callable[[Path, int], float],
    frames: Sequence[Frame],
    python: Path | None = None,
    **more: Any,
) -> float:
    """Messages a second from the first that is sent to the last that is done with."""
    with publishing() as (publisher, port):
        hub = _hub(folder, consumer, port, len(frames), python, **more)
        publisher.wait_for_subscriber()
        began = publisher.send(frames)[0]
        took = wait(folder, len(frames)) - began
        hub.stop(signal.SIGKILL)
    return len(frames) / took


def _hub(folder: Path, consumer: str, port: int, count: int, python: Path | None = None, **more: Any) -> Hub:
    senders = {f"{word}.*": [SENDER] for word in sorted({each.split(".")[0] for each in PARSERS})}
    settings_for(folder, acknowledges_as=(), senders=senders)
    config = fedmsg_config(
        port, **{"relengotron.settings": str(folder / "config"), "bench.topics": TOPICS, "bench.count": count} | more
    )
    return Hub(folder, consumer, config, python)


def _finished(folder: Path, _count: int) -> float:
    deadline = time.monotonic() + PATIENCE_S
    while not (folder / FINISHED).exists():
        if time.monotonic() > deadline:
            raise SystemExit("the consumer did not get every message")
        time.sleep(0.05)
    return float((folder / FINISHED).read_text(encoding="utf-8"))


def _stored(folder: Path, count: int) -> float:
    """When the last message was stored: the transaction's own time, for looking more often would disturb."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        time.sleep(0.5)
        with closing(sqlite3.connect(folder / "journal.db")) as journal:
            (found,) = journal.execute("SELECT count(*) FROM inbox").fetchone()
            if found >= count:
                return float(journal.execute("SELECT max(received_at) FROM inbox").fetchone()[0])
    raise SystemExit(f"only {found} of {count} messages were stored")


def _large_burst(root: Path) -> Measure:
    """How many of a hundred thousand messages, sent as fast as the socket takes them, are not in the journal."""
    folder = root / "large"
    with publishing() as (publisher, port):
        hub = _hub(folder, OURS, port, LARGE_BURST)
        publisher.wait_for_subscriber()
        left = publisher.send(messages(LARGE_BURST))
        _stored(folder, LARGE_BURST)
        hub.stop()
    with closing(sqlite3.connect(folder / "journal.db")) as journal:
        (found,) = journal.execute("SELECT count(DISTINCT msg_id) FROM inbox").fetchone()
    rate = LARGE_BURST / (left[-1] - left[0])
    return Measure("intake_loss_100k_burst", LARGE_BURST - found, "messages", 0, note=f"sent at {rate:.0f} a second")


def _steady(root: Path) -> Measure:
    """From a message's arrival at the consumer to the end of the transaction that wrote it, at a steady rate."""
    folder, count = root / "steady", STEADY * STEADY_S
    with publishing() as (publisher, port):
        hub = _hub(folder, TIMED, port, count)
        publisher.wait_for_subscriber()
        publisher.send(messages(count), per_second=STEADY)
        _stored(folder, count)
        hub.stop()
    waits = json.loads((folder / MOMENTS).read_text(encoding="utf-8"))
    note = (
        f"{len(waits)} messages at {STEADY} a second; median {percentile(waits, 50):.2f} ms, worst {max(waits):.1f} ms"
    )
    return Measure("intake_fsync_batch_p99_ms", percentile(waits, 99), "ms", 8, note=note)

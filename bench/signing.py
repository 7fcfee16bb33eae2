"""How many messages a second can be signed and validated, compared with fedmsg itself on the same machine?"""

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from bench.results import Measure
from bench.stock_signing import rate
from relengotron.lab.certificates import Authority
from relengotron.systems.bus.guard import guard_from
from relengotron.systems.bus.signing import Seal

STOCK = Path(".venv-stock/bin/python")
SENDER = "koji-lab"
TURNS = 5
SECONDS = 1.0
LEAST_RATIO = 20.0
BODY = {
    "attribute": "state",
    "build_id": 772_142,
    "instance": "primary",
    "name": "bash",
    "new": 1,
    "old": 0,
    "owner": "releng",
    "release": "1.fc24",
    "task_id": 14_402_311,
    "version": "4.3.42",
}


def measure(root: Path) -> Iterator[Measure]:
    """Both directions, ours and fedmsg's in turns, so that both meet the same weather."""
    config = _config(Authority.make(root / "pki"))
    message: dict[str, Any] = {"topic": "org.fedoraproject.dev.buildsys.build.state.change", "msg": BODY}
    message |= {"msg_id": "2016-7e49afa4-c85b-424b-90d8-da36bed006b5", "i": 1, "timestamp": 1_464_773_400}
    seal, guard = Seal(config), guard_from(config, {"buildsys.*": [SENDER]}, is_lab=False)
    signed = dict(message)
    seal.put_on(signed, message["msg_id"])
    with _stock() as ask:
        ours, theirs = _turns(
            lambda: rate(lambda: seal.put_on(dict(message), "m"), SECONDS), lambda: ask("sign", message, config)
        )
        yield _compared("sign_out", ours, theirs, "fedmsg.crypto.sign", LEAST_RATIO)
        ours, theirs = _turns(
            lambda: rate(lambda: guard.sender_of(signed), SECONDS), lambda: ask("validate", signed, config)
        )
        yield _compared("validate_in", ours, theirs, "fedmsg.crypto.validate", None)


def _compared(name: str, ours: float, theirs: float, peer: str, target: float | None) -> Measure:
    note = f"{ours:,.0f} messages a second against {theirs:,.1f}; medians of {TURNS} turns, keys of 2048 bits"
    return Measure(
        f"{name}_vs_stock_ratio", ours / theirs, "times", target, more_is_better=True, compared_to=peer, note=note
    )


def _turns(ours: Callable[[], float], theirs: Callable[[], float]) -> tuple[float, float]:
    turns = [(ours(), theirs()) for _ in range(TURNS)]
    return median(one for one, _ in turns), median(other for _, other in turns)


@contextmanager
def _stock() -> Iterator[Callable[[str, dict[str, Any], dict[str, Any]], float]]:
    script = Path(__file__).with_name("stock_signing.py")
    command = [str(STOCK), "-I", str(script)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        questions, answers = process.stdin, process.stdout
        if questions is None or answers is None:
            raise RuntimeError("no pipes to fedmsg's own environment")

        def ask(what: str, message: dict[str, Any], config: dict[str, Any]) -> float:
            questions.write(json.dumps([what, SECONDS, message, config]) + "\n")
            questions.flush()
            return float(answers.readline())

        yield ask


def _config(authority: Authority) -> dict[str, Any]:
    certname = authority.sign_for(SENDER)
    return {
        "topic_prefix": "org.fedoraproject",
        "environment": "dev",
        "name": "koji",
        "certnames": {"koji": certname},
        "certname": certname,
        "ssldir": str(authority.folder),
        "sign_messages": True,
        "validate_signatures": True,
        "crypto_validate_backends": ["x509"],
        "ca_cert_location": str(authority.ca_file),
        "crl_location": "",
    }

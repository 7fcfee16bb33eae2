"""A stand-in for the sigul command: its words, its silence, and the ways in which the real one fails.

It is installed as an executable; what it knows stands in ``sigul.json`` beside it. Run, it signs with a gpg home.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

VERBS = {"sign-text": "--clear-sign", "sign-data": "--detach-sign"}
BRIDGE_IS_DOWN = "ERROR: I/O error: NSPR error: (PR_CONNECT_REFUSED_ERROR) Connection refused by peer."


def install(folder: Path, **known: Any) -> Path:
    """Put the command into a folder: ``home`` to sign with, ``keys`` by name with fingerprint, ``passphrase``."""
    folder.mkdir(parents=True, exist_ok=True)
    command = folder / "sigul"
    command.write_text(f"#!{sys.executable}\n{Path(__file__).read_text()}")
    command.chmod(0o755)
    know(folder, **{"fails": [], **known})
    return command


def know(folder: Path, **facts: Any) -> None:
    """From now on it knows this too; ``fails`` holds how the next calls fail, the first one first."""
    place = folder / "sigul.json"
    known = json.loads(place.read_text()) if place.exists() else {}
    place.write_text(json.dumps({**known, **facts}))


def calls(folder: Path) -> list[list[str]]:
    """The arguments of every call."""
    log = folder / "calls.jsonl"
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def main(words: list[str], folder: Path) -> int:
    """One call."""
    known = json.loads((folder / "sigul.json").read_text())
    with (folder / "calls.jsonl").open("a") as log:
        log.write(json.dumps(words) + "\n")
    fails = known["fails"]
    know(folder, fails=fails[1:])
    if words[:1] == ["--batch"]:
        words = words[1:]
        passphrase, zero, rest = sys.stdin.buffer.read().partition(b"\0")
    else:
        passphrase, zero, rest = b"", b"", b""  # it would ask at a terminal
    if words[:1] == ["--config-file"]:
        words = words[2:]
    if fails and fails[0] == "bridge":
        return _error(BRIDGE_IS_DOWN)
    if len(words) != 5 or words[0] not in VERBS or words[1] != "-o":
        return _error(f"usage: sigul [options] command [command-args]...: {words}")
    verb, _, out, key, source = words
    if key not in known["keys"]:
        return _error("ERROR: Specified key not found")
    if not zero or rest or passphrase.decode() != known["passphrase"]:
        return _error("ERROR: Authentication failed")
    if fails and fails[0] == "silent":
        return 0
    return _sign(known, verb, key, Path(source), Path(out))


def _sign(known: Mapping[str, Any], verb: str, key: str, source: Path, out: Path) -> int:
    own = ["--homedir", known["home"], "--batch", "--no-tty", "--quiet", "--digest-algo", "SHA512"]
    signing = ["--local-user", known["keys"][key], "--output", str(out), VERBS[verb], str(source)]
    return subprocess.run(["gpg", *own, *signing], check=False, env={**os.environ, "LC_ALL": "C"}).returncode


def _error(said: str) -> int:
    print(said, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Path(sys.argv[0]).parent))

"""Real masters on loopback: rsync daemons, one of them on a disk that fills up, and a stand-in for ssh."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SECRET = "mirror-secret"
_SSH = """#!/bin/sh
# ssh to this very machine: its options are noted, the command is run. rsync gives it words, never a line for a shell.
echo "$@" >> "$0.asked"
while :; do
    case $1 in
        -l | -i | -p) shift 2 ;;
        -*) shift ;;
        *) break ;;
    esac
done
shift
exec "$@"
"""


@dataclass(frozen=True)
class Daemon:
    """A daemon with a module that can be written (``pub``), one that cannot (``ro``), and one with a password."""

    folder: Path
    port: int
    pid: int

    def url(self, module: str, below: str = "") -> str:
        """As configuration names it."""
        return f"rsync://127.0.0.1:{self.port}/{module}" + (f"/{below}" if below else "")

    def place(self, below: str) -> Path:
        """The same as a file system shows it, made if it is not there."""
        place = self.folder / "pub" / below
        place.mkdir(parents=True, exist_ok=True)
        return place


@contextmanager
def running_daemon(folder: Path, *before: str) -> Iterator[Daemon]:
    """A daemon while the block lasts; ``before`` are words of a command that starts it."""
    (folder / "pub").mkdir(parents=True, exist_ok=True)
    port = _free_port()
    config = _configured(folder, port)
    command = [*before, "rsync", "--daemon", "--no-detach", f"--config={config}"]
    daemon = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        _wait_for(port, daemon)
        yield Daemon(folder, port, daemon.pid)
    finally:
        daemon.terminate()
        daemon.communicate()


def ssh_stand_in(folder: Path) -> Path:
    """A program that takes what ssh takes and stays here; beside it, what it was asked."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "ssh"
    program.write_text(_SSH)
    program.chmod(0o755)
    return program


def nobody_listens() -> str:
    """The address of a master that is down."""
    return f"rsync://127.0.0.1:{_free_port()}/pub"


def on_a_small_disk(place: Path, size: str) -> list[str] | None:
    """Words that run a command with a small disk of its own at this place; None where no user may make one."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return None
    own = [unshare, "-m"] if os.geteuid() == 0 else [unshare, "-Urm"]
    words = [*own, "sh", "-c", f'mount -t tmpfs -o size={size},mode=0755 tmpfs "$0" && exec "$@"', str(place)]
    may = subprocess.run([*words, "true"], capture_output=True, check=False)
    return words if may.returncode == 0 else None


def _configured(folder: Path, port: int) -> Path:
    secrets, config = folder / "secrets", folder / "rsyncd.conf"
    secrets.write_text(f"releng:{SECRET}\n")
    secrets.chmod(0o600)
    as_we = "uid = 0\ngid = 0\n" if os.geteuid() == 0 else ""
    pub = f"path = {folder / 'pub'}\n"
    config.write_text(
        f"use chroot = no\naddress = 127.0.0.1\nport = {port}\nlog file = {folder / 'log'}\n{as_we}"
        f"[pub]\n{pub}read only = no\n"
        f"[ro]\n{pub}read only = yes\n"
        f"[locked]\n{pub}read only = no\nauth users = releng\nsecrets file = {secrets}\n"
    )
    return config


def _wait_for(port: int, daemon: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if daemon.poll() is not None:
            raise AssertionError(f"the rsync daemon ended: {(daemon.communicate()[1] or b'').decode()}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError("the rsync daemon does not listen")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

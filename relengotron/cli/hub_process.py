"""Is a fedmsg hub of ours running, and how is it ended?"""

import os
import signal
import time
from datetime import timedelta
from pathlib import Path
from typing import Final

_LOOK_EVERY_S: Final = 0.1


def running(pidfile: Path) -> int | None:
    """The process that the pid file names, if it lives and is a hub; a stale file is taken away."""
    try:
        pid = int(pidfile.read_text().strip())
    except (FileNotFoundError, ValueError):
        return None
    if _is_hub(pid):
        return pid
    pidfile.unlink(missing_ok=True)
    return None


def stop(pidfile: Path, patience: timedelta) -> bool:
    """Ask the hub to finish what it holds and wait for its end; False when it still lives after the time.

    Only SIGINT lets a hub empty its queue; its stock handling of SIGTERM and SIGHUP loses messages.
    """
    pid = running(pidfile)
    if pid is None:
        return True
    os.kill(pid, signal.SIGINT)
    until = time.monotonic() + patience.total_seconds()
    while time.monotonic() < until:
        if running(pidfile) is None:
            return True
        time.sleep(_LOOK_EVERY_S)
    return False


def _is_hub(pid: int) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return _lives(pid) and not Path("/proc/self").exists()
    return b"fedmsg-hub" in command


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

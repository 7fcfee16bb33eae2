"""Does nothing of a lab live on when the lab itself has died?"""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

from relengotron.lab.daemon_process import DaemonProcess
from relengotron.lab.place import Place

CHILD = """
import signal, sys
signal.signal(signal.SIGINT, lambda *_: sys.exit(7))
print("ready", flush=True)
signal.pause()
"""

STARTER = """
import sys
from pathlib import Path
from relengotron.lab.daemon_process import DaemonProcess
from relengotron.lab.place import Place
process = DaemonProcess(Place(Path(sys.argv[1])), "child", ["-c", sys.argv[2]], "ready")
process.start()
process.wait_until_ready()
print(process.pid, flush=True)
sys.stdin.read()
"""


def test_a_process_of_a_lab_that_was_killed_ends_as_if_it_was_told_to(tmp_path: Path) -> None:
    (tmp_path / "world" / "log").mkdir(parents=True)
    command = [sys.executable, "-c", STARTER, str(tmp_path), CHILD]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as starter:
        assert starter.stdout is not None
        child = os.pidfd_open(int(starter.stdout.readline()))
        starter.kill()
    try:
        ended, _, _ = select.select([child], [], [], 20)  # a descriptor of a process is readable when it has ended
        assert ended
    finally:
        os.close(child)


def test_a_process_of_a_lab_keeps_its_number_and_its_exit_status(tmp_path: Path) -> None:
    (tmp_path / "world" / "log").mkdir(parents=True)
    process = DaemonProcess(Place(tmp_path), "child", ["-c", CHILD], "ready")
    process.start()
    process.wait_until_ready()
    assert CHILD.encode() in Path(f"/proc/{process.pid}/cmdline").read_bytes()
    assert process.stop(signal.SIGINT) == 7

"""How does a process end together with the one that started it, however that ends?"""

import ctypes
import os
import signal
import sys
from typing import Final

_PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h


def tied(command: list[str]) -> list[str]:
    """The command, so that the end of the thread which starts it is a SIGINT for it."""
    return [sys.executable, "-m", __name__, str(os.getpid()), *command]


def main(parent: int, command: list[str]) -> None:
    """Tie this process to its parent and become the command; the kernel keeps the tie."""
    if ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT) != 0:
        sys.exit("the kernel ties no process to another")
    if os.getppid() != parent:
        sys.exit("who started this has ended already")
    os.execv(command[0], command)  # noqa: S606 - there is no shell, and the lab names the program


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])

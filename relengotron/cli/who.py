"""Who is at the keyboard? What the kernel remembers of the login is proof, what the environment says is not."""

import os
import pwd
import sys
from pathlib import Path
from typing import Final

LOGIN: Final = Path("/proc/self/loginuid")
"""Set once at the login, kept through sudo and su, and nobody but root can change it: see pam_loginuid(8)."""
NOBODY_LOGGED_IN: Final = 2**32 - 1


def person() -> str:
    """The name for the record: the account, and the person who came to it where that is proven.

    A claim that cannot be proven is written down, and makes nobody another person: one must not be two.
    """
    try:
        account = pwd.getpwuid(os.getuid()).pw_name  # not LOGNAME, which anybody may set
    except KeyError:
        print("nobody knows your name here; the record will say 'unknown'", file=sys.stderr)
        return "unknown"
    came_as, claimed = _who_logged_in(), os.environ.get("SUDO_USER")
    if came_as is not None:
        return account if came_as == account else f"{account}, by sudo from {came_as}"
    return f"{account} (who says {claimed})" if claimed and claimed != account else account


def _who_logged_in() -> str | None:
    try:
        uid = int(LOGIN.read_text())
        return None if uid == NOBODY_LOGGED_IN else pwd.getpwuid(uid).pw_name
    except (OSError, ValueError, KeyError, OverflowError):
        return None

"""How do a summary and its signature come to readers together? Made beside the repo, signed, and then put in place.

The command itself takes the old signature away before a new one is made: for as long as the signer needs, clients that
want a signed summary would get none. The signature is put in place first: clients read it first, and the time between
the two is that of one rename.
"""

import os
import shutil
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from relengotron.errors import SystemUnreachable
from relengotron.systems.ostree.command import OstreeCommand
from relengotron.systems.ostree.detached import of_signatures
from relengotron.systems.ostree.signatures import replaced

SignSummary = Callable[[bytes], Sequence[bytes]]
"""The signatures of these bytes, in binary."""

_SHARED: Final = (".lock", "objects", "refs", "state", "tmp", "extensions", "deltas", "delta-indexes")


def write_signed_summary(repo: Path, sign: SignSummary, limit: timedelta, binary: str) -> None:
    """The summary lists the refs as they are now, and its signatures are of it."""
    with TemporaryDirectory(prefix="relengotron-summary-") as folder:
        beside = Path(folder)
        _furnish(repo, beside)
        OstreeCommand(beside, limit, binary).act("summary", "-u")
        data = (beside / "summary").read_bytes()
    put_in_place(repo, data, sign(data))


def put_in_place(repo: Path, summary: bytes, signatures: Sequence[bytes]) -> None:
    """Readers get the summary with these signatures; without any the old signature is gone before the new summary."""
    signed = repo / "summary.sig"
    if signatures:
        replaced(repo, signed, of_signatures(signatures))
    else:
        signed.unlink(missing_ok=True)
    replaced(repo, repo / "summary", summary)


def _furnish(repo: Path, beside: Path) -> None:
    """A repo of its own configuration and summary; all else is the other one's."""
    try:
        (repo / ".lock").touch()
        (repo / "delta-indexes").mkdir(exist_ok=True)
        shutil.copyfile(repo / "config", beside / "config")
        for name in _SHARED:
            if (repo / name).exists():
                os.symlink(repo / name, beside / name)
    except OSError as error:
        raise SystemUnreachable(f"no summary can be made of {repo}: {error}") from error

"""Can we write where we must, and do others see what we wrote?"""

import hashlib
import secrets
import shutil
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

from relengotron.engine.journal import runs
from relengotron.engine.journal.database import Database
from relengotron.examination.finding import Finding, NotWell, look
from relengotron.settings import Settings
from relengotron.systems.mirror.port import MasterSeen, Mirror
from relengotron.systems.world import World

_JOURNAL_REMEDY: Final = (
    "look at journal.url in relengotron.yaml; the daemon's user must be able to write the journal and its folder; "
    "if it is locked, fuser -v FILE says who has it open"
)
_PATIENCE: Final = timedelta(seconds=2)
_ENOUGH: Final = 1 << 30
"""Bytes: less than the smallest image that is published."""


def findings(settings: Settings, world: World) -> Iterator[Finding]:
    """The journal, the mirror on disk and from outside, the stores."""
    root, stores = settings.systems.mirror.root, "mount it for the user that the daemon runs as"
    yield look("journal", partial(_journal, settings), _JOURNAL_REMEDY)
    yield look("mirror", partial(_writable_and_roomy, root), f"{root}: {stores}, writable, and make room there")
    yield look(
        "mirror from outside",
        partial(_seen_from_outside, root, world.mirror),
        f"{settings.systems.mirror.url} must show the files of {root}; look at systems.mirror in systems.yaml",
    )
    for master in world.mirror.try_masters():
        remedy = "look at systems.mirror.masters in systems.yaml, and at that machine"
        yield look(f"master {master.name}", partial(_can_be_written, master), remedy)
    compose_store, koji_store = settings.compose_store, settings.systems.koji.store
    yield look("compose store", partial(_writable, compose_store), f"{compose_store}: {stores}, writable")
    yield look("koji store", partial(_readable, koji_store), f"{koji_store}: {stores}; systems.koji.store names it")


def _journal(settings: Settings) -> str:
    database = Database(settings.journal.url, patience=_PATIENCE)
    try:
        database.prove_writable()
        with database.read() as db:
            counted = runs.counts(db)
    finally:
        database.close()
    return f"{sum(counted.values())} runs in {database.engine.dialect.name}, writable"


def _writable(directory: Path) -> str:
    probe = directory / f".relengotron-doctor-{secrets.token_hex(4)}"
    probe.touch()
    probe.unlink()
    return f"{directory} is writable"


def _writable_and_roomy(directory: Path) -> str:
    fact, free = _writable(directory), shutil.disk_usage(directory).free
    if free < _ENOUGH:
        raise NotWell(f"{directory} has {free >> 20} MB left")
    return f"{fact}, {free >> 30} GB are left"


def _can_be_written(master: MasterSeen) -> str:
    if master.trouble is not None:
        raise NotWell(f"{master.url}: {master.trouble}")
    return f"{master.url} takes files"


def _readable(directory: Path) -> str:
    shown = sorted(each.name for each in directory.iterdir())
    if not shown:
        raise NotWell(f"{directory} is empty")
    return f"{directory} shows {', '.join(shown[:5])}"


def _seen_from_outside(root: Path, mirror: Mirror) -> str:
    """Write a small file, read it as any user would, and take it away."""
    word = secrets.token_hex(8)
    probe = root / f"relengotron-doctor-{word}.txt"
    try:
        probe.write_text(word)
        (seen,) = mirror.look({probe.name: hashlib.sha256(word.encode()).hexdigest()})
    finally:
        probe.unlink(missing_ok=True)
    if not seen.is_as_expected:
        found = "other content" if seen.status == 200 else f"status {seen.status}"
        raise NotWell(f"a file written to {root} is answered from outside with {found}")
    return "a file written there is seen at once"

"""How is a file kept beside the objects of a repo, so that it is on disk before anything is deleted because of it?"""

import os
from pathlib import Path
from typing import Final

from relengotron.errors import SystemUnreachable

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC


def keep(place: Path, text: str) -> None:
    """The file says this, whole or not at all, also after a power cut; no link is followed to write it.

    Raises:
        SystemUnreachable: its folder is a link, or cannot be written.
    """
    beside = f".{place.name}"
    try:
        place.parent.mkdir(exist_ok=True)
        folder = os.open(place.parent, _FOLDER)
        try:
            with os.fdopen(os.open(beside, _NEW, 0o644, dir_fd=folder), "w") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(beside, place.name, src_dir_fd=folder, dst_dir_fd=folder)
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as trouble:
        raise SystemUnreachable(f"{place} cannot be written: {trouble}") from trouble

"""What lies in a folder that somebody wants published?"""

from collections.abc import Iterator
from pathlib import Path

from relengotron.errors import MalformedInput, RequestRefused, StateDisagrees
from relengotron.systems.mirror.disk import entry_of
from relengotron.systems.mirror.paths import rel_path
from relengotron.systems.mirror.port import Entry


def read_source(source: Path) -> dict[str, Entry]:
    """Every file below the source with its checksum; anything but plain files and folders is refused."""
    if not source.is_dir():
        raise StateDisagrees(f"nothing to publish: {source} is not a folder")
    return {path: entry_of(source / path) for path in _walk(source, "")}


def _walk(source: Path, below: str) -> Iterator[str]:
    for item in sorted((source / below).iterdir()):
        path = f"{below}/{item.name}" if below else item.name
        try:
            rel_path(path)
        except MalformedInput as odd:
            raise RequestRefused(f"{source} holds a name that readers must not see: {path!r}") from odd
        if item.is_symlink():
            raise RequestRefused(f"{source} holds a symbolic link: {path}")
        if item.is_dir():
            yield from _walk(source, path)
        elif item.is_file():
            yield path
        else:
            raise RequestRefused(f"{source} holds something that is neither file nor folder: {path}")

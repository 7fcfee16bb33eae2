"""What lies in a folder that somebody wants published?"""

import os
from collections.abc import Iterator
from pathlib import Path

from relengotron.errors import MalformedInput, RequestRefused
from relengotron.systems.mirror.paths import is_plain, rel_path
from relengotron.systems.mirror.port import SourceChanged


def files_of(source: Path) -> dict[str, os.stat_result]:
    """Every file below the source and its facts; anything but plain files and folders is refused."""
    if not source.is_dir():
        raise SourceChanged(f"nothing to publish: {source} is not a folder")
    return dict(_walk(source, str(source), ""))


def _walk(source: Path, folder: str, below: str) -> Iterator[tuple[str, os.stat_result]]:
    folders = []
    with os.scandir(folder) as items:
        for item in items:
            path = below + item.name
            if not is_plain(item.name):
                raise RequestRefused(f"{source} holds a name that readers must not see: {path!r}")
            if item.is_symlink():
                raise RequestRefused(f"{source} holds a symbolic link: {path}")
            if item.is_dir(follow_symlinks=False):
                folders.append(path)
            elif item.is_file(follow_symlinks=False):
                yield path, item.stat(follow_symlinks=False)
            else:
                raise RequestRefused(f"{source} holds something that is neither file nor folder: {path}")
    for path in folders:
        try:
            rel_path(path)
        except MalformedInput as long:
            raise RequestRefused(f"{source} holds a path that is too long for readers: {path[:200]}...") from long
        yield from _walk(source, f"{source}/{path}", f"{path}/")

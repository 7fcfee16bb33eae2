"""What may somebody call a thing who means us no good?"""

from collections.abc import Iterator, Mapping
from pathlib import Path

NAMES: Mapping[str, str] = {
    "up": "..",
    "up and away": "../../outside/x",
    "up in the middle": "a/../../outside",
    "absolute": "/etc/passwd",
    "NUL": "a\x00b",
    "newline": "a\nb",
    "newline at the end": "f24-updates\n",
    "escape": "a\x1b[2Jb",
    "option": "-rf",
    "long option": "--repo=/etc",
    "4 kB": "n" * 4096,
    "full-width dots": "\uff0e\uff0e/x",
    "a slash that is none": "a\u2215b",
    "full-width letters": "\uff2624",
    "written backwards": "a\u202eb",
    "a space that is none": "a\u00a0b",
    "half a character": "a\udc80b",
    "backslash": "a\\..\\b",
    "nothing": "",
}


def contents(folder: Path) -> dict[str, str]:
    """Every file with its bytes, every link with where it leads."""
    return dict(_contents(folder))


def _contents(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            yield name, f"-> {path.readlink()}"
        elif path.is_file():
            yield name, path.read_bytes().hex()

"""What do the files of an OSTree repo say by themselves? The same as the command, a hundred times sooner."""

import configparser
from pathlib import Path

from relengotron.systems.ostree.names import is_commit


def head_in(repo: Path, ref: str) -> str | None:
    """The commit that a ref shows; None when the files do not say it plainly, and the command must be asked."""
    try:
        text = (repo / "refs" / "heads" / ref).read_text().strip()
    except (OSError, UnicodeDecodeError):
        return None
    return text if is_commit(text) else None


def is_alias(repo: Path, ref: str) -> bool:
    """Say whether a ref is only another name for one: OSTree keeps those as symbolic links."""
    return (repo / "refs" / "heads" / ref).is_symlink()


def has_whole_commit(repo: Path, commit: str) -> bool:
    """Say whether the commit's object is there and no pull of it is unfinished."""
    place = repo / "objects" / commit[:2] / f"{commit[2:]}.commit"
    try:
        return place.stat().st_size > 0 and not (repo / "state" / f"{commit}.commitpartial").exists()
    except OSError:
        return False


def is_archive(repo: Path) -> bool:
    """Say whether a whole archive repo, with all its objects, lies here; False when the files do not say it plainly."""
    config = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        config.read_string((repo / "config").read_text())
    except (OSError, configparser.Error, UnicodeDecodeError):
        return False
    folders = ("objects", "refs/heads", "state", "tmp")
    if config.has_option("core", "parent"):  # its objects may lie in another repo
        return False
    return config.get("core", "mode", fallback="") == "archive-z2" and all((repo / each).is_dir() for each in folders)

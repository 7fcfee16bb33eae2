"""Where is fedmsg's own configuration, and what does it say?"""

import os
import traceback
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import fedmsg.config

from relengotron.errors import SettingsError


def places() -> tuple[Path, ...]:
    """The folders that fedmsg looks into, in its order; later ones win."""
    folders = [Path("/etc/fedmsg.d"), Path("~/.fedmsg.d").expanduser(), Path.cwd() / "fedmsg.d"]
    if "VIRTUAL_ENV" in os.environ:
        folders.append(Path(os.environ["VIRTUAL_ENV"], "etc/fedmsg.d"))
    return tuple(folders)


def files() -> tuple[Path, ...]:
    """The files that are there to be read."""
    single = (Path("/etc/fedmsg-config.py"), Path("~/.fedmsg-config.py").expanduser(), Path.cwd() / "fedmsg-config.py")
    inside = [file for folder in places() if folder.is_dir() for file in sorted(folder.glob("*.py"))]
    return tuple(file for file in (*inside, *single) if file.is_file())


def found() -> dict[str, Any]:
    """Everything in fedmsg's configuration, read the way the hub reads it.

    Raises:
        SettingsError: there is none, or it is no configuration; the text names the file, or the places.
    """
    _refuse_without_files()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            return dict(fedmsg.config.load_config([], None))
        except (Exception, SystemExit) as error:  # the files are programs: they may fail in any way
            raise SettingsError(_told(error)) from error


def mistakes_of_a_publisher(config: Mapping[str, Any], name: str) -> Iterator[str]:
    """Why nothing can be said under our own name."""
    endpoints = config.get("endpoints") or {}
    if not endpoints.get(name):
        yield f"fedmsg.d: endpoints: no address for {name!r}, found {sorted(endpoints)}"
    if config.get("high_water_mark"):
        yield "fedmsg.d: high_water_mark: must be 0; fedmsg 1.1.7 cannot set it with today's pyzmq"


def _refuse_without_files() -> None:
    there = files()
    if not there:
        raise SettingsError(f"fedmsg.d: {nowhere()}")
    # fedmsg itself would go on without the file, which is worse.
    closed = [str(file) for file in there if not os.access(file, os.R_OK)]
    if closed:
        raise SettingsError(f"fedmsg.d: {', '.join(closed)}: this user may not read it; try it as the daemon's user")


def nowhere() -> str:
    """That there is no file, where it was looked for, and what to do."""
    looked = ", ".join(str(folder) for folder in places())
    return f"no file in {looked}. Go to the directory whose fedmsg.d the hub reads, or put its files into /etc/fedmsg.d"


def _told(error: BaseException) -> str:
    culprit = _file_of(error)
    if culprit is None:  # such as "No config value 'endpoints' found.": it is said of all files together
        return f"fedmsg.d: {error} It was read from {', '.join(map(str, files()))}"
    return f"{culprit}: {type(error).__name__}: {error}; allowed: Python that sets config to a dictionary"


def _file_of(error: BaseException) -> object:
    """The file that was being read: fedmsg calls it ``fname``."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    names = (frame.f_locals.get("fname") for frame in frames if frame.f_code.co_filename == fedmsg.config.__file__)
    return next((name for name in names if name), None)

"""What would have come of it if the machine had died here? A child process lives on in a copy of the world."""

import os
import pickle
import shutil
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
INDEX_OF_A_LOG = "*-shm"
"""What SQLite shares between processes about its log: a machine that starts again does not find it."""


def another_life(root: Path, live: Callable[[], T]) -> T | str:
    """What ``live`` gives in a copy of the world at ``root`` that stands in its place meanwhile, or how it failed.

    Nothing of the calling process runs on in that life, not even a ``finally``: it is as dead as after a power cut.
    """
    aside = root.with_name(f"{root.name}-aside")
    root.rename(aside)
    shutil.copytree(aside, root, symlinks=True, ignore=shutil.ignore_patterns(INDEX_OF_A_LOG))
    try:
        return _in_a_child(live)
    finally:
        shutil.rmtree(root)
        aside.rename(root)


def _in_a_child(live: Callable[[], T]) -> T | str:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _tell(writing, live)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as told:
        words = told.read()
    os.waitpid(child, 0)
    came: T | str = pickle.loads(words) if words else "it died without a word"
    return came


def _tell(writing: int, live: Callable[[], object]) -> None:
    try:
        words = pickle.dumps(live())
    except BaseException:  # noqa: BLE001 - whatever it is, the parent tells it
        words = pickle.dumps(traceback.format_exc())
    with os.fdopen(writing, "wb") as out:
        out.write(words)

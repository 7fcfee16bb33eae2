"""How is a command run in a build root?

There is no shell: the words of the command are split, the first one is looked up among the lab's tools.
"""

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO, cast

import koji

from relengotron.lab.builder.job import Job, JobLog
from relengotron.lab.builder.tools import lorax, mash, rpm_ostree
from relengotron.lab.builder.tools.command import say

Tool = Callable[[Sequence[str], TextIO], int]
TOOLS: Mapping[str, Tool] = {"mash": mash.main, "rpm-ostree": rpm_ostree.main, "lorax": lorax.main}
KNOWN_OPTIONS = frozenset(
    {"keep", "packages", "mounts", "repo_id", "skip_setarch", "weight", "upload_logs", "new_chroot"}
)
COMMAND_NOT_FOUND = 127
LOG = "runroot.log"


def run_in_root(job: Job) -> str:
    """Carry out a ``runroot`` task: request ``[tag, arch, command, {options, "__starstar": true}]``.

    The result is ``NAME completed successfully``; the output is the task file ``runroot.log``.
    """
    _check_options(job.keywords)
    words = _words(job.argument(2))
    name = Path(words[0]).name
    log = job.scratch / LOG
    with log.open("w", encoding="utf-8") as file:
        status = _run(job, name, words, cast("TextIO", JobLog(file, job.called_off)))
    job.hub.upload(job.id, log)
    if status:
        raise koji.BuildrootError(f"error running {name}, exit status {status}; see {LOG} for more information")
    _upload_more(job)
    return f"{name} completed successfully"


def _check_options(options: Mapping[str, Any]) -> None:
    unknown = sorted(options.keys() - KNOWN_OPTIONS)
    if unknown:
        raise koji.ParameterError(f"handler() got an unexpected keyword argument '{unknown[0]}'")


def _words(command: Any) -> list[str]:
    try:
        words = shlex.split(command) if isinstance(command, str) else [str(word) for word in command]
    except (ValueError, TypeError) as wrong:
        raise koji.BuildrootError(f"error reading the command: {wrong}, exit status 2") from wrong
    if not words:
        raise koji.BuildrootError("error running an empty command, exit status 2")
    return words


def _run(job: Job, name: str, words: Sequence[str], out: TextIO) -> int:
    say(out, f"$ {shlex.join(words)}")
    if name not in TOOLS or name not in job.tools:
        say(out, f"/bin/sh: {name}: command not found")
        return COMMAND_NOT_FOUND
    try:
        for path in [path for word in words[1:] for path in _paths(word)]:
            job.check_inside(path)
        return TOOLS[name](words[1:], out)
    except FileNotFoundError as unseen:
        say(out, f"{name}: {unseen}")
        return 1


def _paths(word: str) -> list[Path]:
    """Absolute paths in one word: alone, after ``=`` or in a ``file://`` address."""
    found = re.search(r"(?:^|=|file://)(/(?!/).*)$", word)
    return [Path(found[1])] if found else []


def _upload_more(job: Job) -> None:
    for name in job.keywords.get("upload_logs") or []:
        job.hub.upload(job.id, job.check_inside(Path(name)))

"""Who turns metadata into solver data, and what does it mean when that fails?"""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any

from relengotron.errors import MalformedInput, SystemUnreachable
from relengotron.systems.repodata import converter

_LONGEST = 1200.0
_KILLED = -9
_COMMAND = (sys.executable, "-I", "-m", converter.__name__)

Convert = Callable[[Mapping[str, Any]], None]
"""Carries out an order as ``converter.convert`` describes it; raises MalformedInput for bad input."""


def in_a_child(order: Mapping[str, Any]) -> None:
    """Convert in a process of its own, with limits: hostile input can end only that.

    Raises:
        SystemUnreachable: this machine cannot do it now.
    """
    try:
        ended = subprocess.run(
            _COMMAND, input=json.dumps(order), capture_output=True, text=True, timeout=_LONGEST, env={}
        )
    except (OSError, subprocess.TimeoutExpired) as broken:
        raise SystemUnreachable(f"metadata cannot be converted now: {broken}") from broken
    _explain(ended)


def here(order: Mapping[str, Any]) -> None:
    """Convert in this process: for input of our own making, where a process takes longer than the work."""
    try:
        converter.convert(order)
    except converter.Refused as wrong:
        raise MalformedInput(str(wrong)) from wrong


def _explain(ended: subprocess.CompletedProcess[str]) -> None:
    if ended.returncode == 0:
        return
    if ended.returncode == converter.REFUSED:
        raise MalformedInput(ended.stdout)
    if ended.returncode < 0 and ended.returncode != _KILLED:
        raise MalformedInput(f"the process that reads them dies of signal {-ended.returncode}")
    reason = ended.stderr[-500:].strip() or f"status {ended.returncode}"
    raise SystemUnreachable(f"metadata cannot be converted now: {reason}")

"""Which hand is the newest where a build is in quarantine and in the target of its gate at once?"""

from shlex import quote
from typing import Final

from relengotron.model.outcome import Hold
from relengotron.workflows.gating.quarantine.kept import Kept

STOOD_ALONE: Final = "was in quarantine and not in the target"
"""The key under which a stay remembers that; whoever tags the build into the target afterwards wants it there."""


def remember_where_it_stood(kept: Kept, tags: frozenset[str]) -> None:
    """What stood in quarantine alone once is in the target only if a newer hand puts it there."""
    if _came_by_hand(kept) and tags == {kept.gate.quarantine}:
        kept.engine.remember(STOOD_ALONE, lambda: True)


def is_to_leave_the_target(kept: Kept, tags: frozenset[str]) -> bool:
    """Whether somebody put it into quarantine while it was in the target, and has not taken it out of that yet."""
    is_in_both = tags == {kept.gate.quarantine, kept.gate.target}
    return is_in_both and _came_by_hand(kept) and kept.engine.remembered(STOOD_ALONE) is None


def hold_in_both(kept: Kept) -> Hold:
    """Wait for whoever put it into quarantine to say which of the two tags it is to leave."""
    build, gate = kept.build.nvr, kept.gate
    why = f"{build} is in {gate.quarantine} and in {gate.target}: {kept.build.suspicion.reason}"
    out = _untag(gate.target, build)
    ways = f"to keep it in quarantine: {out}; to leave it in {gate.target}: {_untag(gate.quarantine, build)}"
    return kept.hold((why, ways), out)


def _came_by_hand(kept: Kept) -> bool:
    """What the gate itself put into quarantine was not in the target then."""
    return kept.build.batch is None


def _untag(tag: str, build: str) -> str:
    return f"koji untag-build {quote(tag)} {quote(build)}"

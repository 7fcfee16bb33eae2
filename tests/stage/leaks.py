"""Answers that are lost: the change outside was made, and who asked for it never hears so."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from relengotron.errors import AnswerLost, SystemUnreachable, Transient

EFFECTS: Mapping[str, frozenset[str]] = {
    "bodhi": frozenset({"comment"}),
    "bus": frozenset({"publish"}),
    "cdn": frozenset({"purge"}),
    "filelists": frozenset({"refresh"}),
    "koji": frozenset(
        {
            "build_image",
            "cancel_task",
            "move_builds",
            "request_repo",
            "runroot",
            "untag_builds",
            "upload",
            "write_signed_copies",
        }
    ),
    "mirror": frozenset({"discard", "relay", "spread", "stage", "sweep", "switch", "withdraw"}),
    "ostree": frozenset(
        {
            "add_signature",
            "commit_tree_of",
            "delete_ref",
            "drop_commits",
            "drop_delta",
            "init_archive",
            "make_delta",
            "pull_local",
            "set_damaged_aside",
            "set_ref",
            "sign",
            "tag",
            "update_summary",
        }
    ),
    "pdc": frozenset(),
    "resultsdb": frozenset({"store"}),
    "waiverdb": frozenset({"give"}),
    "signing": frozenset({"clear_sign", "detach"}),
    "website": frozenset({"roll_out", "show"}),
}
"""Every verb of every system that changes something outside."""

NEVER_SURE: Mapping[str, type[Transient]] = {"bus": SystemUnreachable, "mirror": SystemUnreachable}
"""How a system says that it does not know; the others say ``AnswerLost``."""


@dataclass
class Leaks:
    """Counts every change outside, and loses the answer to the n-th of one kind."""

    made: Counter[tuple[str, str]] = field(default_factory=Counter)
    lost: frozenset[tuple[str, str, int]] = frozenset()
    """System, verb and the how-manieth of its answers never comes."""

    def answer(self, system: str, verb: str) -> None:
        """The change is made and its answer is on the way.

        Raises:
            Transient: it was one of those that are lost.
        """
        self.made[system, verb] += 1
        if (system, verb, self.made[system, verb]) in self.lost:
            raise NEVER_SURE.get(system, AnswerLost)(f"{system}: nobody knows what came of {verb}")

    def around(self, name: str, system: Any) -> Any:
        """The same system, with its answers on the way."""
        return _Leaky(name, system, self)


class _Leaky:
    def __init__(self, name: str, system: Any, leaks: Leaks) -> None:
        self._name, self._system, self._leaks = name, system, leaks

    def __getattr__(self, verb: str) -> Any:
        found = getattr(self._system, verb)
        return self._leaking(verb, found) if verb in EFFECTS[self._name] else found

    def _leaking(self, verb: str, act: Callable[..., Any]) -> Callable[..., Any]:
        def leaking(*words: Any, **named: Any) -> Any:
            answer = act(*words, **named)
            self._leaks.answer(self._name, verb)
            return answer

        return leaking

"""What do all parts of the simulated Bodhi share?"""

import threading
from collections.abc import Callable, Mapping
from typing import Any

from relengotron.systems.bodhi.simulated.era import Era
from relengotron.systems.bodhi.simulated.refusal import no_such_update
from relengotron.systems.bodhi.simulated.rows import Comment, ComposeRow, Release, Update

Announce = Callable[[str, dict[str, Any]], None]


class BodhiState:
    """The rows, their lock, the clock and the way to the bus."""

    def __init__(self, clock: Callable[[], float], announce: Announce | None, era: Era) -> None:
        self.clock = clock
        self.era = era
        self.lock = threading.RLock()
        self.releases: dict[str, Release] = {}
        self.updates: list[Update] = []
        self.composes: dict[tuple[str, str, str], ComposeRow] = {}
        self._announce = announce
        self._last_comment = 0

    def update(self, name: str) -> Update:
        """The update with this alias or title."""
        found = next((update for update in self.updates if update.is_called(name)), None)
        if found is None:
            raise no_such_update()
        return found

    def announce(self, topic: str, body: dict[str, Any]) -> None:
        """Tell the bus; called after the change is made and the lock is free."""
        if self._announce:
            self._announce(topic, body)

    def add_comment(
        self,
        update: Update,
        text: str,
        author: str = "bodhi",
        karma: int = 0,
        bugs: Mapping[int, int] | None = None,
        test_cases: Mapping[str, int] | None = None,
    ) -> Comment:
        """Append a comment without telling anybody."""
        self._last_comment += 1
        said = dict(bugs or {}), dict(test_cases or {})
        comment = Comment(self._last_comment, author, text, karma, self.clock(), *said)
        update.comments.append(comment)
        return comment

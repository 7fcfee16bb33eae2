"""How does a hub that only stores say that messages may be missing? The runner looks for them, elsewhere."""

import logging
from datetime import timedelta
from threading import Event, Thread
from typing import Final

from relengotron.engine.journal import watermarks
from relengotron.engine.journal.database import Database

log = logging.getLogger(__name__)

TRIES_AGAIN_AFTER: Final = timedelta(seconds=1)


class RecoveryWish:
    """Leaves the wish in the journal, in a thread of its own: whoever notices a gap must not wait for a disk."""

    def __init__(self, database: Database) -> None:
        """Take the journal that the runner works on."""
        self._database = database
        self._wanted = Event()
        self._stopping = Event()
        self._thread = Thread(target=self._carry, name="relengotron-recovery-wish", daemon=True)

    def ask(self) -> None:
        """Let every category be looked at soon; any thread may ask, and it takes no time."""
        self._wanted.set()

    def start(self) -> None:
        """Carry wishes from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Carry no more; may be called without a start."""
        self._stopping.set()
        self._wanted.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _carry(self) -> None:
        while self._wanted.wait() and not self._stopping.is_set():
            self._wanted.clear()
            try:
                with self._database.write() as db:
                    watermarks.ask(db)
            except Exception as trouble:  # noqa: BLE001 - the wish must not be lost, whatever the journal says
                log.info("the runner could not be asked yet", extra={"trouble": str(trouble)})
                self._wanted.set()
                self._stopping.wait(TRIES_AGAIN_AFTER.total_seconds())

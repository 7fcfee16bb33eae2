"""Where does a command find its configuration and the journal?"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from relengotron.cli.exits import Exit, Refusal

if TYPE_CHECKING:
    from relengotron.engine.journal.database import Database
    from relengotron.settings import Settings

PLACES: Final = (Path("/etc/relengotron"), Path("config"))


class Surroundings:
    """What every command may ask for; nothing is read before it is asked for."""

    def __init__(self, config: Path | None = None, verbose: int = 0) -> None:
        """Take what stands before the command's name."""
        self._config = config
        self.verbose = verbose

    @property
    def named_config(self) -> Path | None:
        """The directory that somebody named; None when nobody did, whatever lies where it usually is."""
        return self._config

    @property
    def config(self) -> Path:
        """The directory with the configuration.

        Raises:
            Refusal: none was named, and none is where it usually is.
        """
        if self._config is not None:
            return self._config
        for place in PLACES:
            if (place / "relengotron.yaml").is_file():
                return place.resolve()
        raise Refusal(
            "no configuration: there is neither /etc/relengotron/relengotron.yaml nor ./config/relengotron.yaml. "
            "Name its directory with --config DIR or RELENGOTRON_CONFIG.",
            Exit.USAGE,
        )

    def settings(self, *, examine_secrets: bool = False) -> "Settings":
        """The configuration; people who only look need not be able to read the secrets."""
        from relengotron.settings import load

        return load(self.config, examine_secrets=examine_secrets)

    def has_journal(self) -> bool:
        """Whether there is a journal, or something in the way that only opening it can tell."""
        url = self.settings().journal.url
        try:
            return not url.startswith("sqlite:") or _file_of(url).exists()
        except OSError:
            return True

    @contextmanager
    def journal(self) -> Iterator["Database"]:
        """The journal, if the daemon has ever run.

        Raises:
            Refusal: there is none yet, or it cannot be opened, or somebody else has locked it for long.
        """
        from relengotron.engine.journal.database import Database
        from relengotron.errors import SettingsError, SystemBusy, SystemUnreachable

        url = self.settings().journal.url
        _refuse_without_journal(url)
        try:
            database = Database(url, may_change_tables=False, on_wait=_say_that_we_wait)
        except (SettingsError, SystemUnreachable) as trouble:
            raise Refusal(f"{trouble}\nTry it as the daemon's user.", Exit.UNREACHABLE) from trouble
        try:
            yield database
        except SystemBusy as trouble:
            raise Refusal(f"{trouble}\n{_who_holds(url)}", Exit.UNREACHABLE) from trouble
        finally:
            database.close()


def _say_that_we_wait() -> None:
    print("waiting for the journal: another program has locked it ...", file=sys.stderr, flush=True)


def _who_holds(url: str) -> str:
    if not url.startswith("sqlite:"):
        return "The table pg_stat_activity of its server says who works on it."
    return f"Who has it open: fuser -v {_file_of(url)} - if it is nobody, try it as the daemon's user."


def _file_of(url: str) -> Path:
    return Path(urlsplit(url).path.removeprefix("/"))


def _refuse_without_journal(url: str) -> None:
    """Looking must not create a journal: it would belong to the wrong user."""
    if url.startswith("sqlite:"):
        path = _file_of(url)
        try:
            is_there = path.is_file()
        except OSError:
            is_there = False
        if not is_there:
            raise Refusal(
                f"no journal at {path} that can be read: the daemon has not run yet, or this user may not look into "
                "it. Start the daemon, or try it as the daemon's user.",
                Exit.UNREACHABLE,
            )


def now() -> datetime:
    """The time, aware."""
    return datetime.now(UTC)

"""Are the journal's tables of this version, and if not, how do they become so?"""

from importlib import resources
from threading import Lock

from sqlalchemy import Connection, Engine, func, inspect, select, text

from relengotron.errors import SettingsError

NEWEST = "0006"
"""The version of the tables that this code works with: the last file in ``migrations/versions/``."""

_ONE_AT_A_TIME = Lock()  # alembic keeps what it works on in a global
_LOCK = 5_152_025_101  # any number that nobody else locks in this database


def bring_up_to_date(engine: Engine, may_change: bool) -> None:
    """The tables are of the newest version afterwards.

    Raises:
        SettingsError: they are of another one and may not be changed, or nobody knows a way to the newest.
    """
    found = _version(engine)
    if found == NEWEST:
        return
    if not may_change:
        raise SettingsError(
            f"journal.url: the journal is of version {found or 'none'}, this relengotron works with {NEWEST}; "
            "start the daemon once to bring it up to date"
        )
    with _ONE_AT_A_TIME, engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        _upgrade(connection)


def _version(engine: Engine) -> str | None:
    with engine.connect().execution_options(relengotron_reads_only=True) as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        version: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return version


def _upgrade(connection: Connection) -> None:
    # Imported late: alembic costs a look at the status more time than the look itself, and is needed once a version.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    scripts = resources.files("relengotron.engine.journal") / "migrations"
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as unknown:
        raise SettingsError(
            f"journal.url: the journal is of a version that this relengotron does not know: {unknown}"
        ) from (unknown)

"""How the journal opens, migrates, and behaves when many write or the disk is full."""

import errno
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import timedelta
from importlib import resources
from pathlib import Path
from threading import Barrier

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text

from relengotron.engine.journal import inbox, migrating, outbox, runs, sqlite
from relengotron.engine.journal.database import Database
from relengotron.engine.journal.migrating import NEWEST
from relengotron.engine.journal.tables import metadata
from relengotron.errors import SettingsError, SystemBusy, SystemUnreachable
from relengotron.model.intents import Start
from tests.engine.toys import EPOCH

WRITER = """
import sys
from datetime import datetime, UTC
from relengotron.engine.journal import inbox
from relengotron.engine.journal.database import Database
database = Database(sys.argv[1])
for number in range(int(sys.argv[2])):
    with database.write() as db:
        inbox.store(db, msg_id=f"cli-{number}", business_key=None, topic="t", raw={}, now=datetime.now(UTC))
"""


def stored(db: Connection, name: str, key: str | None = None) -> bool:
    return inbox.store(db, msg_id=name, business_key=key, topic="t", raw={}, now=EPOCH)


def at_once(*works: Callable[[], bool]) -> Counter[bool]:
    """What the works said, all let loose at the same time."""
    barrier = Barrier(len(works))

    def loose(work: Callable[[], bool]) -> bool:
        barrier.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as threads:
        return Counter(threads.map(loose, works))


def test_the_migrations_make_the_tables_that_the_code_knows(journal: Database) -> None:
    with journal.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, metadata) == []


def test_one_look_sees_one_moment_whatever_is_written_meanwhile(journal: Database) -> None:
    with journal.read() as reader:
        assert len(inbox.unsettled(reader, 10)) == 0
        with journal.write() as db:
            assert stored(db, "a")
        assert len(inbox.unsettled(reader, 10)) == 0
    with journal.read() as reader:
        assert len(inbox.unsettled(reader, 10)) == 1


def test_opening_twice_is_harmless(url: str) -> None:
    first, second = Database(url), Database(url)
    with first.write() as db:
        assert stored(db, "a")
    with second.read() as reader:
        assert len(inbox.unsettled(reader, 10)) == 1
    first.close()
    second.close()


def test_many_may_open_a_new_journal_at_once(url: str) -> None:
    def opens() -> bool:
        Database(url).close()
        return True

    assert at_once(*[opens] * 4) == {True: 4}


def test_a_journal_of_a_newer_version_is_refused_by_name(url: str) -> None:
    database = Database(url)
    with database.write() as db:
        db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(SettingsError, match="9999"):
        Database(url)


@pytest.mark.parametrize("broken", ["nonsense", "sqlite:////proc/nowhere/journal.db", "mysterydb://x/y"])
def test_a_url_that_cannot_be_opened_is_named(broken: str) -> None:
    with pytest.raises(SettingsError, match=r"journal\.url"):
        Database(broken)


@pytest.mark.parametrize("broken", ["sqlite:////proc/version", "mysterydb://x/y", "postgresql+nodriver://x/y"])
def test_what_cannot_be_opened_is_told_without_a_link_to_somebodys_manual(broken: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Database(broken)
    assert "://sqlalche" not in str(refused.value)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another program writes for a long time."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode=WAL")
        other.execute("BEGIN IMMEDIATE")
        yield


def test_a_locked_journal_whose_tables_must_be_made_is_trouble_that_passes(sqlite_url: str, tmp_path: Path) -> None:
    with locked(tmp_path / "journal.db"), pytest.raises(SystemBusy, match=r"journal\.db.*locked"):
        Database(sqlite_url, patience=timedelta())
    Database(sqlite_url).close()


@pytest.mark.parametrize("disk", [OSError(errno.ENOSPC, "No space left"), OSError(errno.EIO, "Input/output error")])
def test_a_broken_disk_below_the_journal_is_trouble_that_passes(
    sqlite_url: str, disk: OSError, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise disk

    monkeypatch.setattr(Path, "mkdir", breaks)
    with pytest.raises(SystemBusy, match=r"journal\.db"):
        Database(sqlite_url)


def test_a_new_journal_on_a_full_disk_is_trouble_that_passes(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(db: Connection) -> None:
        db.exec_driver_sql("PRAGMA max_page_count=1")
        db.exec_driver_sql("CREATE TABLE large (text)")

    monkeypatch.setattr(migrating, "_upgrade", fill)
    with pytest.raises(SystemBusy, match="full"):
        Database(sqlite_url)


def test_nobody_waits_long_for_a_locked_journal_when_we_are_ending(database: Database, tmp_path: Path) -> None:
    began = time.monotonic()

    def writes() -> None:
        with database.write() as db:
            stored(db, "late")

    with locked(tmp_path / "journal.db"), ThreadPoolExecutor(4) as threads:
        waiting = [threads.submit(writes) for _ in range(4)]
        database.close_soon()
        assert all(isinstance(each.exception(), SystemBusy) for each in waiting)
    assert time.monotonic() - began < 8
    writes()


def test_who_waits_long_for_a_locked_journal_is_told_once(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[bool] = []
    monkeypatch.setattr(sqlite, "LOOKS_EVERY", timedelta(milliseconds=10))
    monkeypatch.setattr(sqlite, "WORDLESS", timedelta(milliseconds=20))
    database = Database(sqlite_url, patience=timedelta(milliseconds=200), on_wait=lambda: told.append(True))
    with locked(tmp_path / "journal.db"), pytest.raises(SystemBusy, match="locked"):
        database.prove_writable()
    database.close()
    assert told == [True]


def test_a_journal_that_may_be_written_proves_it_and_stays_as_it_was(journal: Database) -> None:
    journal.prove_writable()
    with journal.read() as db:
        assert db.execute(text("SELECT version_num FROM alembic_version")).scalar() == NEWEST


def test_a_journal_that_may_only_be_read_cannot_prove_that_it_is_written(database: Database) -> None:
    with database.write() as db:
        driver = db.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA query_only=ON")
    with pytest.raises(SystemBusy, match="readonly"):
        database.prove_writable()


def test_a_password_is_not_told() -> None:
    with pytest.raises(SystemUnreachable) as refused:
        Database("postgresql+psycopg://me:s3cret@127.0.0.1:1/none")
    assert "s3cret" not in str(refused.value)


def test_sqlite_survives_power_cuts(database: Database) -> None:
    with database.read() as db:
        pragmas = [db.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]
        assert db.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    assert pragmas == ["wal", 2]


def test_eight_threads_lose_nothing(journal: Database) -> None:
    def writes(thread: int) -> None:
        for number in range(25):
            with journal.write() as db:
                stored(db, f"{thread}-{number}")
                outbox.write(db, "run", f"{thread}-{number}", "t", {}, EPOCH)
            with journal.read() as reader:
                inbox.counts(reader)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(writes, range(8)))
    with journal.read() as db:
        assert len(inbox.unsettled(db, 1000)) == 200
        assert outbox.backlog(db) == 200


@pytest.mark.parametrize("attempt", range(3))
def test_of_two_who_store_the_same_message_at_once_one_does(url: str, attempt: int) -> None:
    databases = [Database(url) for _ in range(4)]

    def store(number: int, name: str, key: str | None) -> Callable[[], bool]:
        def work() -> bool:
            with databases[number].write() as db:
                return stored(db, name, key)

        return work

    assert at_once(*[store(number, "same", None) for number in range(4)]) == {True: 1, False: 3}
    assert at_once(*[store(number, f"{number}", "same") for number in range(4)]) == {True: 1, False: 3}
    for database in databases:
        database.close()


def test_of_two_who_open_the_same_run_at_once_one_does(url: str) -> None:
    databases = [Database(url) for _ in range(4)]

    def open_in(database: Database) -> Callable[[], bool]:
        def work() -> bool:
            with database.write() as db:
                return runs.open_run(db, Start("long", "f24", "key", None, "-"), EPOCH) is not None

        return work

    assert at_once(*[open_in(database) for database in databases]) == {True: 1, False: 3}
    for database in databases:
        database.close()


def test_a_second_process_writes_while_the_daemon_does(database: Database, sqlite_url: str) -> None:
    root = Path(__file__).parents[2]
    other = subprocess.Popen([sys.executable, "-c", WRITER, sqlite_url, "60"], cwd=root, stderr=subprocess.PIPE)
    written = 0
    while other.poll() is None or written < 60:
        with database.write() as db:
            stored(db, f"daemon-{written}")
        written += 1
    _, trouble = other.communicate()
    assert other.returncode == 0, trouble.decode()
    with database.read() as reader:
        everything = Counter(message.msg_id.partition("-")[0] for message in inbox.unsettled(reader, 100_000))
    assert everything == {"cli": 60, "daemon": written}


def test_a_full_disk_is_trouble_that_passes(database: Database) -> None:
    with database.write() as db:
        pages = db.exec_driver_sql("PRAGMA page_count").scalar()
        db.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        connection = db.connection.dbapi_connection
    assert isinstance(connection, sqlite3.Connection)

    def fill() -> None:
        with database.write() as db:
            for number in range(200):
                inbox.store(db, msg_id=f"{number}", business_key=None, topic="t", raw={"x": "x" * 9000}, now=EPOCH)

    with pytest.raises(SystemBusy, match="full"):
        fill()
    connection.execute("PRAGMA max_page_count = 1073741823")
    with database.read() as reader:
        assert inbox.unsettled(reader, 10) == []
    with database.write() as db:
        assert stored(db, "after")


def test_a_journal_that_cannot_be_read_is_trouble_that_passes(database: Database) -> None:
    with pytest.raises(SystemBusy, match="cannot be read"), database.read() as db:
        db.exec_driver_sql("SELECT * FROM nowhere")


def test_a_server_that_hangs_up_is_trouble_that_passes(postgres_url: str) -> None:
    database = Database(postgres_url)

    def hang_up() -> None:
        with database.write() as db:
            stored(db, "lost")
            db.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(SystemBusy, match="cannot be written"):
        hang_up()
    with database.write() as db:
        assert stored(db, "kept")
        assert [message.msg_id for message in inbox.unsettled(db, 10)] == ["kept"]
    database.close()


def test_the_runs_that_wait_are_found_by_an_index(database: Database) -> None:
    with database.write() as db:
        for number in range(300):
            run = runs.open_run(db, Start("long", f"lane {number}", f"{number}", None, "-"), EPOCH)
            assert run is not None
            runs.change(db, run, runs.BEGUN[0], EPOCH, look_again_at=EPOCH + timedelta(seconds=number))
    with database.read() as db:
        assert len(runs.due(db, 1000)) == 300
        plan = " ".join(str(row) for row in db.exec_driver_sql("EXPLAIN QUERY PLAN SELECT * FROM runs WHERE state='x'"))
    assert "ix_runs_state_lane" in plan


def test_an_engine_of_our_own_reads_what_was_written(database: Database, sqlite_url: str) -> None:
    with database.write() as db:
        stored(db, "a")
    engine = create_engine(sqlite_url)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM inbox").scalar() == 1
    engine.dispose()


def test_who_only_looks_changes_no_tables(url: str) -> None:
    with pytest.raises(SettingsError, match="start the daemon once"):
        Database(url, may_change_tables=False)
    Database(url).close()
    Database(url, may_change_tables=False).close()


def test_the_newest_version_is_that_of_the_last_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(resources.files("relengotron.engine.journal") / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == NEWEST

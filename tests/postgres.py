"""A throw-away PostgreSQL for tests: one server a session, one fresh database a test."""

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

_CALM = "-c listen_addresses='' -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200"


def _binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


def _unprivileged() -> str | None:
    """The account that may run a server when we are root; None when we are nobody special ourselves."""
    if os.geteuid() != 0:
        return None
    names = {account.pw_name for account in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in names), None)


class NotInstalled(Exception):
    """There is no PostgreSQL server on this machine."""


@contextmanager
def running_server(options: str = _CALM) -> Iterator[Path]:
    """A server of its own on a socket, in the directory that is given; everything is gone at the end."""
    if _binaries() is None:
        raise NotInstalled("initdb was not found")
    account = _unprivileged()
    home = Path(tempfile.mkdtemp(prefix="relengotron-pg-"))
    if account is not None:
        shutil.chown(home, account)
    data = str(home / "data")
    _run(home, "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
    (home / "options").write_text(f"-k {home} {options}")
    _start(home)
    try:
        yield home
    finally:
        _run(home, "pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(home, ignore_errors=True)
        (home.parent / f"{home.name}.log").unlink(missing_ok=True)


@contextmanager
def stopped_server(home: Path) -> Iterator[None]:
    """A running server hangs up on everybody at once, and is there again after the block."""
    _run(home, "pg_ctl", "-D", str(home / "data"), "-w", "-m", "fast", "stop")
    try:
        yield
    finally:
        _start(home)


def _start(home: Path) -> None:
    options = (home / "options").read_text()
    _run(home, "pg_ctl", "-D", str(home / "data"), "-w", "-l", str(home / "log"), "-o", options, "start")


def _run(home: Path, program: str, *arguments: str) -> None:
    with (home.parent / f"{home.name}.log").open("ab") as log:
        subprocess.run(
            [str((_binaries() or Path()) / program), *arguments],
            check=True,
            user=_unprivileged(),
            cwd="/",
            stdout=log,
            stderr=log,
        )


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Path]:
    """The directory of the socket of a running server."""
    try:
        with running_server() as home:
            yield home
    except NotInstalled as missing:
        pytest.skip(f"no PostgreSQL server is installed ({missing})")


@pytest.fixture
def postgres_url(postgres_server: Path) -> Iterator[str]:
    """The URL of an empty database of its own."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    where = f"host={postgres_server} user=postgres dbname=postgres"
    with psycopg.connect(where, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    yield f"postgresql+psycopg://postgres@/{name}?host={postgres_server}"
    with psycopg.connect(where, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())

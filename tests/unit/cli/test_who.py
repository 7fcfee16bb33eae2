"""Who is at the keyboard, and who is not believed to be somebody else?"""

import os
import pwd
from pathlib import Path
from types import SimpleNamespace

import pytest

from relengotron.cli import who
from relengotron.decisions.waiving import person_of

NAMES = {0: "root", 1000: "alice", 1001: "bob"}


@pytest.fixture(autouse=True)
def _machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(pwd, "getpwuid", lambda uid: SimpleNamespace(pw_name=NAMES[uid]))
    monkeypatch.setattr(who, "LOGIN", tmp_path / "loginuid")
    monkeypatch.delenv("SUDO_USER", raising=False)


def sits_here(monkeypatch: pytest.MonkeyPatch, account: int, *, login: int | None, claimed: str | None = None) -> str:
    monkeypatch.setattr(os, "getuid", lambda: account)
    who.LOGIN.write_text(str(who.NOBODY_LOGGED_IN if login is None else login))
    if claimed is not None:
        monkeypatch.setenv("SUDO_USER", claimed)
    return who.person()


def test_who_logged_in_is_named_behind_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sits_here(monkeypatch, 0, login=1000, claimed="alice") == "root, by sudo from alice"
    assert person_of("root, by sudo from alice") == "alice"


def test_one_at_the_own_account_is_only_that(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sits_here(monkeypatch, 1000, login=1000) == "alice"


@pytest.mark.parametrize("account", [0, 1001])
def test_the_environment_makes_nobody_somebody_else(monkeypatch: pytest.MonkeyPatch, account: int) -> None:
    assert person_of(sits_here(monkeypatch, account, login=1001, claimed="alice")) == "bob"
    claim = sits_here(monkeypatch, account, login=None, claimed="alice")
    assert claim == f"{NAMES[account]} (who says alice)"
    assert person_of(claim) == NAMES[account]


@pytest.mark.parametrize("text", ["", "words", "-1", "99999999999999999999"])
def test_what_the_kernel_does_not_know_is_no_proof(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    who.LOGIN.write_text(text)
    assert who.person() == "alice"

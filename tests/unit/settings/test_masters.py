"""Which masters on other machines may a configuration name?"""

from typing import Any

import pytest
from pydantic import ValidationError

from relengotron.settings.systems import Mirror

HERE = {"root": "/srv/pub", "url": "https://mirror.example/pub"}


def mirror(*masters: dict[str, Any]) -> Mirror:
    return Mirror.model_validate({**HERE, "masters": list(masters)})


def test_there_is_none_unless_it_is_named() -> None:
    assert mirror().masters == ()


def test_a_daemon_and_a_machine_with_ssh() -> None:
    found = mirror(
        {"name": "ams", "url": "rsync://releng@ams.example:8730/pub/fedora", "password_file": "/etc/ams"},
        {"name": "nyc", "url": "ssh://nyc.example/srv/pub", "key_file": "/etc/nyc", "known_hosts": "/etc/our hosts"},
    )
    assert [each.name for each in found.masters] == ["ams", "nyc"]


@pytest.mark.parametrize(
    "url",
    [
        "https://ams.example/pub",
        "rsync://ams.example",
        "rsync://ams.example/",
        "rsync://-oProxyCommand=x/pub",
        "rsync://-l@ams.example/pub",
        "rsync://releng:secret@ams.example/pub",
        "ssh://ams.example/srv/../etc",
        "ssh://ams.example/srv/p ub",
        "ssh://ams.example/srv/$(id)",
        "ssh://ams.example/-rf",
        "ssh://ams.example/srv/pub\n",
        "ams.example:/srv/pub",
        "ams.example::pub",
    ],
)
def test_an_address_that_could_mean_something_else_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="allowed: rsync://"):
        mirror({"name": "ams", "url": url})


@pytest.mark.parametrize(
    "master",
    [
        {"url": "ssh://ams.example/pub", "password_file": "/etc/ams"},
        {"url": "rsync://ams.example/pub", "key_file": "/etc/ams"},
        {"url": "rsync://ams.example/pub", "known_hosts": "/etc/ams"},
        {"url": "ssh://ams.example/pub", "known_hosts": "/etc/o'hosts"},
    ],
)
def test_a_way_to_log_in_that_does_not_fit_is_refused(master: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="allowed: "):
        mirror({"name": "ams", **master})


def test_a_name_stands_for_one_master() -> None:
    with pytest.raises(ValidationError, match="a name for one master only; found ams, ams"):
        mirror({"name": "ams", "url": "rsync://a/pub"}, {"name": "ams", "url": "rsync://b/pub"})

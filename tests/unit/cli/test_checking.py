"""Is the configuration fit, and is everything there?"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import fedmsg.config
import pytest
from click.testing import CliRunner

from relengotron.cli import checking
from relengotron.cli.main import COMMANDS, main
from relengotron.examination import Finding
from relengotron.sdk.discovery import Plugins
from tests.unit.cli.story import Command

US = "relengotron.releng01"


class Anything:
    """A plugin's settings, which are looked at elsewhere."""


@pytest.fixture(autouse=True)
def plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    from relengotron.plugins.image import ImageSettings
    from relengotron.plugins.mash import MashSettings
    from relengotron.plugins.ostree import OstreeSettings

    kinds = {"mash": MashSettings, "ostree": OstreeSettings, "image": ImageSettings}
    by_kind = {kind: SimpleNamespace(settings=settings) for kind, settings in kinds.items()}
    monkeypatch.setattr(checking, "discover", lambda: Plugins(by_kind, {"odd": "odd:Plugin does not load"}))  # type: ignore[arg-type]


def test_a_fit_configuration_is_green_and_shows_what_is_composed(relengotron: Command) -> None:
    told = relengotron("check-config", "--without-secrets").output
    assert "is fit to start with" in told
    assert "F24/testing: updates-testing-24 -> atomic-tree-24-testing -> atomic-installer-24-testing" in told
    assert "The plugin odd is left out" in told


def test_every_mistake_is_told_and_the_answer_is_no(relengotron: Command, config: Path) -> None:
    path = config / "systems.yaml"
    path.write_text(path.read_text().replace("timeout: 60s", "timeout: soon"))
    told = relengotron("check-config", "--without-secrets", status=1).output
    assert "5 mistakes in" in told
    assert "systems.yaml:11: koji.timeout: found 'soon'; allowed: a time with its unit" in told


def test_settings_that_a_plugin_does_not_know_are_mistakes(relengotron: Command, config: Path) -> None:
    path = config / "artifacts" / "repos.yaml"
    path.write_text(path.read_text().replace("comps:", "comp:"))
    told = relengotron("check-config", "--without-secrets", status=1).output
    assert "updates-24.settings.comp: unknown key (did you mean 'comps'?)" in told


@pytest.fixture
def fedmsg_d(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that switches the daemon on, in the directory where the command runs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(fedmsg.config, "__cache", {})
    (tmp_path / "fedmsg.d").mkdir()
    return tmp_path / "fedmsg.d" / "relengotron.py"


def on_the_bus(**changed: Any) -> str:
    return "config = " + repr(
        {
            "relengotron.enabled": True,
            "relengotron.settings": "/etc/relengotron",
            "topic_prefix": "org.fedoraproject",
            "environment": "prod",
            "endpoints": {US: ["tcp://127.0.0.1:4001"]},
            "zmq_enabled": True,
            "validate_signatures": True,
        }
        | changed
    )


def test_a_fedmsg_d_that_is_fit_is_named(relengotron: Command, fedmsg_d: Path) -> None:
    fedmsg_d.write_text(on_the_bus())
    told = relengotron("check-config", "--without-secrets").output
    assert f"The bus is, too; read: {fedmsg_d}" in told


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"endpoints": {"x": []}}, f"fedmsg.d: endpoints: no address for '{US}'"),
        ({"relengotron.enabled": False}, "fedmsg.d: relengotron.enabled: must be True, found False"),
        ({"validate_signatures": False}, "only a lab, whose relengotron.yaml says `lab: true`, may do without"),
        ({"moksha.workers_per_consumer": 3}, "fedmsg.d: moksha.workers_per_consumer: must be 1"),
    ],
)
def test_what_would_stop_the_hub_is_a_mistake(
    relengotron: Command, fedmsg_d: Path, changed: dict[str, Any], told: str
) -> None:
    fedmsg_d.write_text(on_the_bus(**changed))
    refused = relengotron("check-config", "--without-secrets", status=1).output
    assert "1 mistake in" in refused
    assert told in refused


def test_senders_without_their_row_and_an_authority_without_its_file_are_mistakes(
    relengotron: Command, fedmsg_d: Path, config: Path
) -> None:
    _take_the_secrets_out(config)
    path = config / "systems.yaml"
    path.write_text(re.sub(r"    buildsys\..*\n", "", path.read_text()))
    fedmsg_d.write_text(on_the_bus(ca_cert_location="/nowhere/ca.crt", crl_location=""))
    told = relengotron("check-config", status=1).output
    assert "fedmsg.d: ca_cert_location: no file /nowhere/ca.crt" in told
    assert "bus.senders: no entry for buildsys" in told


def test_a_table_from_before_upstream_monitoring_is_fit_and_who_is_not_heard_is_told(
    relengotron: Command, fedmsg_d: Path, config: Path
) -> None:
    fedmsg_d.write_text(on_the_bus())
    assert "nobody may send" not in relengotron("check-config", "--without-secrets").output
    path = config / "systems.yaml"
    path.write_text(re.sub(r"    (anitya|hotness)\..*\n", "", path.read_text()))
    told = relengotron("check-config", "--without-secrets").output
    assert "Note: nobody may send anitya.project.version.update, hotness.update.bug.file" in told


def test_a_fedmsg_d_that_fails_is_one_mistake_and_no_traceback(relengotron: Command, fedmsg_d: Path) -> None:
    fedmsg_d.write_text("config = {")
    told = relengotron("check-config", "--without-secrets", status=1).output
    assert "1 mistake in" in told
    assert f"{fedmsg_d}: SyntaxError" in told


def test_a_machine_for_the_runner_alone_needs_no_hub(relengotron: Command, fedmsg_d: Path, config: Path) -> None:
    path = config / "relengotron.yaml"
    path.write_text(path.read_text().replace("runner: embedded", "runner: separate"))
    assert "runner: separate" in path.read_text()
    fedmsg_d.write_text(on_the_bus(**{"relengotron.enabled": False, "zmq_enabled": False}))
    relengotron("check-config", "--without-secrets")


def test_without_a_fedmsg_d_it_says_that_the_bus_was_not_checked_and_where_it_looked(
    relengotron: Command, fedmsg_d: Path
) -> None:
    told = relengotron("check-config", "--without-secrets").output
    assert "The bus was not checked: no file in /etc/fedmsg.d, " in told
    assert str(fedmsg_d.parent) in told


def test_secrets_are_looked_at_unless_told_otherwise(relengotron: Command) -> None:
    assert "koji.keytab" in relengotron("check-config", status=1).output


def test_other_commands_say_wrong_configuration_with_status_2(relengotron: Command, config: Path) -> None:
    (config / "releases.yaml").write_text("releases: {}")
    assert "releases.yaml" in relengotron("status", status=2).output


def test_without_any_configuration_the_places_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RELENGOTRON_CONFIG", raising=False)
    monkeypatch.setattr("relengotron.cli.surroundings.PLACES", (Path("config"),))
    result = CliRunner().invoke(main, ["status"])
    assert result.exit_code == 2
    assert "RELENGOTRON_CONFIG" in result.output


@pytest.fixture
def examined(monkeypatch: pytest.MonkeyPatch) -> list[Finding]:
    findings = [Finding("koji", True, "1.34 as relengotron")]

    def examine(_settings: object) -> Iterator[Finding]:
        yield from findings

    bootstrap = ModuleType("relengotron.bootstrap")
    bootstrap.examine = examine  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "relengotron.bootstrap", bootstrap)
    monkeypatch.delitem(sys.modules, "relengotron.cli.doctor", raising=False)
    return findings


def test_the_doctor_is_green_when_all_is_well(relengotron: Command, examined: list[Finding], config: Path) -> None:
    _take_the_secrets_out(config)
    assert "ok   koji: 1.34 as relengotron" in relengotron("doctor").output
    assert json.loads(relengotron("doctor", "--json").output)[0]["ok"] is True
    assert examined


def test_each_red_line_says_what_to_do(relengotron: Command, examined: list[Finding], config: Path) -> None:
    _take_the_secrets_out(config)
    examined.append(Finding("pdc", False, "no answer", "look at pdc.url"))
    told = relengotron("doctor", status=1).output
    assert "RED  pdc: no answer\n     do: look at pdc.url" in told
    assert "1 of 2 are red" in told


def _take_the_secrets_out(config: Path) -> None:
    path = config / "systems.yaml"
    lines = path.read_text().splitlines()
    path.write_text("\n".join(line for line in lines if "secrets/" not in line and "principal:" not in line))


def test_version_and_help_need_no_configuration() -> None:
    assert "relengotron" in CliRunner().invoke(main, ["--version"]).output
    told = CliRunner().invoke(main, ["--help"]).output
    for name in COMMANDS:
        assert name in told or name == "lab"

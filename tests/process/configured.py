"""Which configuration do hub and daemon of a process test get? That of a rehearsal, with a few changes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from relengotron.messages.incoming import PARSERS
from relengotron.settings import Settings, load
from tests.process.running_hub import ROOT, free_port
from tests.stage.configuration import settings_for

NOWHERE = "http://127.0.0.1:9"
PREFIX, ENVIRONMENT = "org.fedoraproject", "dev"
BEGINNING = f"{PREFIX}.{ENVIRONMENT}."
NAME = "relengotron.stage"


def configured(
    root: Path, daemon: Mapping[str, Any] | None = None, systems: Mapping[str, Any] | None = None
) -> Settings:
    """Write it below ``root``; every service that is not named is away."""
    settings_for(root)
    away = {name: {"url": NOWHERE} for name in ("pdc", "resultsdb", "bodhi", "mirror")}
    away |= {"koji": {"hub": f"{NOWHERE}/kojihub"}}
    _change(root / "config" / "relengotron.yaml", daemon or {})
    _change(root / "config" / "systems.yaml", _merged(away, systems or {}))
    return load(root / "config")


def senders(*names: str) -> dict[str, list[str]]:
    """A table in which these may say everything."""
    return {suffix: list(names) for suffix in PARSERS}


def shipped_logging() -> object:
    shipped: dict[str, Any] = {}
    exec((ROOT / "fedmsg.d" / "relengotron.py").read_text(encoding="utf-8"), shipped)
    return shipped["config"]["logging"]


def hub_config(settings: Settings, *ports: int) -> dict[str, Any]:
    """An unsigned bus with a publisher on each port; the first is called ``publisher``."""
    names = ("publisher", *(f"publisher-{number}" for number in range(1, len(ports))))
    return {
        "topic_prefix": PREFIX,
        "environment": ENVIRONMENT,
        "endpoints": {
            NAME: [f"tcp://127.0.0.1:{free_port()}"],
            **{name: [f"tcp://127.0.0.1:{port}"] for name, port in zip(names, ports, strict=True)},
        },
        "zmq_enabled": True,
        "zmq_reconnect_ivl": 20,
        "zmq_reconnect_ivl_max": 100,
        "high_water_mark": 0,
        "validate_signatures": False,
        "sign_messages": False,
        "relengotron.enabled": True,
        "relengotron.settings": str(settings.directory),
        "logging": shipped_logging(),
    }


def _change(file: Path, changes: Mapping[str, Any]) -> None:
    file.write_text(yaml.safe_dump(_merged(yaml.safe_load(file.read_text()), changes)))


def _merged(old: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    deeper = {key: _merged(old[key], value) for key, value in changes.items() if isinstance(old.get(key), Mapping)}
    return {**old, **changes, **deeper}

"""What shape has each message we send? JSON Schema, draft 2020-12, one file a topic."""

import json
from importlib import resources
from typing import Any

_SUFFIX = ".json"


def topics() -> tuple[str, ...]:
    """List the topics that have a schema, without the sender's name."""
    names = (entry.name for entry in resources.files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX)))


def schema_of(topic: str) -> dict[str, Any]:
    """Read the schema of a topic such as ``push.start``."""
    text = resources.files(__name__).joinpath(topic + _SUFFIX).read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema

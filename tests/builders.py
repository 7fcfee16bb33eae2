"""Values for stories: valid by default, and each names only what matters."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_NUMBERS = itertools.count(1)
PREFIX = "org.fedoraproject.dev"


@dataclass(frozen=True)
class AnUpdate:
    """One update as packager, Koji and Bodhi left it before the push."""

    builds: tuple[str, ...]
    alias: str
    release: str = "F24"
    request: str = "testing"
    type: str = "bugfix"
    is_signed: bool = True
    is_in_koji: bool = True
    binaries: tuple[str, ...] = ()

    @property
    def lane(self) -> str:
        return f"{self.release}/{self.request}"


def an_update(*builds: str, security: bool = False, alias: str | None = None, **more: Any) -> AnUpdate:
    """An update of a package that is in the tree."""
    kind = "security" if security else "bugfix"
    name = alias or f"FEDORA-2016-{next(_NUMBERS):010x}"
    return AnUpdate(builds or ("bash-4.3.42-5.fc24",), name, type=kind, **more)


def a_message(topic: str, body: Mapping[str, Any], msg_id: str | None = None) -> dict[str, Any]:
    """A message as the bus brings it."""
    return {
        "topic": f"{PREFIX}.{topic}",
        "msg": dict(body),
        "msg_id": msg_id or f"2016-story-{next(_NUMBERS)}",
        "timestamp": 1477994400,
        "i": 1,
        "username": "bodhi",
    }


def our_request(*updates: AnUpdate, request_id: str | None = None) -> dict[str, Any]:
    """``relengotron.push.request`` for these updates."""
    batches: dict[tuple[str, str], list[AnUpdate]] = {}
    for update in updates:
        batches.setdefault((update.release, update.request), []).append(update)
    body: dict[str, Any] = {
        "agent": "releng",
        "batches": [
            {
                "release": release,
                "request": request,
                "updates": [
                    {"alias": each.alias, "title": ",".join(each.builds), "builds": list(each.builds)} for each in some
                ],
            }
            for (release, request), some in batches.items()
        ],
    }
    if request_id is not None:
        body["request_id"] = request_id
    return a_message("relengotron.push.request", body)

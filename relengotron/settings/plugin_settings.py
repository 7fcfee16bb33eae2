"""Do the settings of an artifact fit what its plugin declared?"""

import dataclasses
from collections.abc import Hashable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError

from relengotron.model.artifact import Artifact
from relengotron.settings.mistakes import dotted, nearest, shown


@cache
def _adapter(declared: Hashable) -> TypeAdapter[Any]:
    """Made once for each kind: the same artifacts are in every lane."""
    return TypeAdapter(cast(Any, declared))


def mistakes(artifacts: Iterable[Artifact], kinds: Mapping[str, type[Any]]) -> list[str]:
    """One sentence for each mistake; the same one in several lanes is told once."""
    return list(dict.fromkeys(mistake for artifact in artifacts for mistake in _mistakes(artifact, kinds)))


def _mistakes(artifact: Artifact, kinds: Mapping[str, type[Any]]) -> Iterator[str]:
    declared = kinds.get(artifact.kind)
    if declared is None:
        yield (
            f"{artifact.name}.kind: found {artifact.kind!r}{nearest(artifact.kind, kinds)}; "
            f"allowed: {', '.join(sorted(kinds)) or 'nothing, no plugin is installed'}"
        )
        return
    known = [field.name for field in dataclasses.fields(declared) if field.init]
    for key in artifact.settings:
        if key not in known:
            allowed = ", ".join(known) or "no keys"
            yield f"{artifact.name}.settings.{key}: unknown key{nearest(str(key), known)}; allowed: {allowed}"
    try:
        _adapter(cast(Hashable, declared)).validate_python(
            {key: artifact.settings[key] for key in known if key in artifact.settings}
        )
    except ValidationError as broken:
        for error in broken.errors(include_url=False):
            key = dotted(("settings", *error["loc"]))
            said = error["msg"].removeprefix("Value error, ")
            found = "missing" if error["type"] == "missing" else f"found {shown(error['loc'], error['input'])}; {said}"
            yield f"{artifact.name}.{key}: {found}"

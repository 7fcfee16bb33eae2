"""What does a look from outside say of a publication?"""

from collections.abc import Iterable

from relengotron.model.artifact import Probe
from relengotron.systems.mirror.port import Seen


def probe_of(artifact: str, seen: Iterable[Seen]) -> Probe:
    """What was seen as published, and a sentence for everything that was not."""
    looked = tuple(seen)
    return Probe(
        artifact,
        seen=tuple(each.path for each in looked if each.is_as_expected),
        missing=tuple(str(each) for each in looked if not each.is_as_expected),
    )

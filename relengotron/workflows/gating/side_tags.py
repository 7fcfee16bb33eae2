"""In which side tag was a build made? Koji remembers it after the tag is gone from the build."""

from collections.abc import Collection
from fnmatch import fnmatchcase

from relengotron.settings.gates import Gate
from relengotron.systems.koji.port import Koji


def side_tags(koji: Koji, gate: Gate, nvrs: Collection[str]) -> dict[str, str]:
    """Per build the side tag that joins it with others at this gate; builds that were in none are left out."""
    patterns = gate.batching.side_tags
    if not patterns or not nvrs:
        return {}
    fitting = {
        nvr: sorted(tag for tag in tags if any(fnmatchcase(tag, pattern) for pattern in patterns))
        for nvr, tags in koji.tags_ever(nvrs).items()
    }
    return {nvr: tags[0] for nvr, tags in fitting.items() if tags}

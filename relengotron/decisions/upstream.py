"""Does a build bring a version that was found upstream?"""

import re
from collections.abc import Iterable
from typing import Final

from relengotron.model.gated import Upstream
from relengotron.model.upstream_news import UpstreamNews

_PARTS: Final = re.compile(r"[0-9]+|[a-z]+")


def news_of(package: str, version: str, before: str | None, seen: Iterable[Upstream]) -> UpstreamNews | None:
    """What the build brings of what was ``seen``; None where it brings nothing that is not in the target already.

    ``before`` is the version that the target has; where that is not known, what upstream had before stands for it.
    """
    rows = [each for each in seen if each.package == package and is_the_same(each.version, version)]
    if not rows or (before is not None and is_the_same(before, version)):
        return None
    first = min(rows, key=lambda each: each.seen_at)
    return UpstreamNews(
        package=package,
        version=version,
        found_at=first.seen_at,
        before=before or next((each.old_version for each in rows if each.old_version), None),
        url=next((each.url for each in rows if each.url), None),
        bug=next((each.bug for each in rows if each.bug), None),
    )


def is_the_same(one: str, other: str) -> bool:
    """Whether two people wrote the same version: RPM allows no dash, and upstream may put a v before it."""
    return _parts(one) == _parts(other)


def _parts(version: str) -> list[str]:
    """Letters and numbers in their order, as RPM compares them: 1.0.0b1 is 1.0.0~b1, and 0.07 is 0.7."""
    found = _PARTS.findall(version.lower())
    return [each.lstrip("0") or "0" if each.isdecimal() else each for each in found[found[:1] == ["v"] :]]

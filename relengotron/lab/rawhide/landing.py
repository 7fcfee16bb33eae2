"""How does a build land before the gate of the lab, as if its packager had just built it?"""

from collections.abc import Sequence

import koji

from relengotron.errors import RequestRefused
from relengotron.lab.rawhide import words
from relengotron.lab.rawhide.packages import LANDING, nvr


def ashore(session: koji.ClientSession) -> dict[str, tuple[str, ...]]:
    """Every build that can land, and the tags of the gate that it is in by now."""
    names = [nvr(each) for each in LANDING]
    with session.multicall(strict=True) as calls:
        listed = [calls.listTags(build=name) for name in names]
    return {name: _tags(each.result) for name, each in zip(names, listed, strict=True)}


def land(session: koji.ClientSession, nvrs: Sequence[str]) -> None:
    """These builds are in the pending tag; who built them can tag them nowhere else.

    Raises:
        RequestRefused: there is no such build, or it has landed already.
    """
    known = ashore(session)
    for each in nvrs:
        if known.get(each, ("no rawhide",)):
            where = ", ".join(known.get(each, ()))
            raise RequestRefused(f"{each} is in {where}" if where else f"the lab has built no {each}")
    with session.multicall(strict=True) as calls:
        for each in nvrs:
            calls.tagBuildBypass(words.PENDING, each)


def _tags(rows: Sequence[dict[str, str]]) -> tuple[str, ...]:
    return tuple(sorted({row["name"] for row in rows} & set(words.TAGS)))

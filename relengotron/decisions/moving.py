"""Which builds must move to the target tag, from where, and which may go now?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from relengotron.model.nvr import Nvr


@dataclass(frozen=True, slots=True)
class Moves:
    """``now`` holds (build, from tag); ``later`` the builds that follow one of their own package; ``lost`` those that
    are in no tag they could be moved from."""

    now: tuple[tuple[str, str], ...]
    later: tuple[str, ...]
    lost: tuple[str, ...]


def plan(builds: Iterable[str], tags: Mapping[str, frozenset[str]], target: str, from_tags: Sequence[str]) -> Moves:
    """One build of a package after the other, in the order asked for: the last one tagged becomes the latest."""
    now: dict[str, tuple[str, str]] = {}
    later: list[str] = []
    lost: list[str] = []
    for build in dict.fromkeys(builds):
        source = next((tag for tag in from_tags if tag in tags[build]), None)
        package = Nvr.parse(build).name
        if target in tags[build]:
            continue
        if source is None:
            lost.append(build)
        elif package in now:
            later.append(build)
        else:
            now[package] = (build, source)
    return Moves(tuple(now.values()), tuple(later), tuple(lost))


def every_move(
    builds: Sequence[str], tags: Mapping[str, frozenset[str]], target: str, from_tags: Sequence[str]
) -> tuple[tuple[str, str], ...]:
    """All (build, from tag) that are moved one after the other if each of them goes well, in their order."""
    moves = plan(builds, tags, target, from_tags)
    if not moves.later:
        return moves.now
    arrived = {build: tags[build] | {target} for build, _ in moves.now}
    return moves.now + every_move(builds, {**tags, **arrived}, target, from_tags)

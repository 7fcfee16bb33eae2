"""What is asked before builds are moved, all in one request, and what do the hub's answers say?"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from relengotron.systems.koji import reading
from relengotron.systems.koji.calls import Call
from relengotron.systems.koji.port import Standing

Move = tuple[str, str, str]
ALLOWED: Final = "allow"
NOT_ASKED: Final = (True, False, "")
PREVIEWS: Final = ("checkTagAccess", "evalPolicy")
"""Very old hubs have neither: they say no only when they are asked to move."""


def questions(moves: Sequence[Move], user: int | None) -> list[Call]:
    """For each move its build's tags, the latest of its package in the target, and what Koji's own rules say.

    The list of packages is no policy, and no policy speaks of it: Koji looks at it only when it is asked to move.
    Without a ``user`` the rules are not asked: they speak of a person.
    """
    asked: list[Call] = [("checkTagAccess", (tag,), {"user_id": user}) for tag in tags_of(moves)]
    for nvr, source, target in moves:
        rule = {"operation": "move", "tag": target, "fromtag": source, "build": nvr, "user_id": user}
        asked.append(("listTags", (), {"build": nvr}))
        asked.append(("listTagged", (target,), {"latest": True, "package": _package(nvr)}))
        asked.append(("checkTagPackage", (target, _package(nvr)), {}))
        asked.append(("evalPolicy", ("tag", rule), {}))
    return asked if user is not None else [each for each in asked if each[0] not in PREVIEWS]


def standings(moves: Sequence[Move], asked: Sequence[Call], answers: Sequence[Any]) -> dict[str, Standing]:
    """By build how it stands; what could not be asked speaks against nothing."""
    said = {
        method: iter([answer for call, answer in zip(asked, answers, strict=True) if call[0] == method])
        for method in ("listTags", "listTagged", "checkTagPackage", *PREVIEWS)
    }
    shut = {tag: _why_shut(tag, next(said["checkTagAccess"], NOT_ASKED)) for tag in tags_of(moves)}
    return {move[0]: _standing(move, said, shut) for move in moves}


def tags_of(moves: Sequence[Move]) -> list[str]:
    """Every tag that a move takes from or gives to."""
    return sorted({tag for _, source, target in moves for tag in (source, target)})


def _standing(move: Move, said: Mapping[str, Iterator[Any]], shut: Mapping[str, str | None]) -> Standing:
    nvr, source, target = move
    tags, latest, is_listed = (next(said[each]) for each in ("listTags", "listTagged", "checkTagPackage"))
    policy = next(said["evalPolicy"], None)
    against = [shut[source], shut[target], _why_not_listed(move, is_listed), _why_not(nvr, policy)]
    return Standing(
        tags=frozenset(tag["name"] for tag in tags or ()),
        latest=reading.tagged_build(latest[0]) if latest else None,
        refusal=next((each for each in against if each is not None), None),
    )


def _why_shut(tag: str, answer: Any) -> str | None:
    """The hub says access, whether force would help, and why; None where it knows no such tag."""
    if answer is None:
        return f"{tag}: Koji knows no such tag"
    return None if answer[0] else f"{tag}: {answer[2]}"


def _why_not_listed(move: Move, answer: Any) -> str | None:
    nvr, _, target = move
    return f"package {_package(nvr)} is not in the list of {target}, or blocked there" if answer is False else None


def _why_not(nvr: str, answer: Any) -> str | None:
    """No answer where the hub has no such policy: then everybody may."""
    if answer is None or str(answer).partition(" ")[0] == ALLOWED:
        return None
    return f"policy for {nvr}: {answer}"


def _package(nvr: str) -> str:
    return nvr.rsplit("-", 2)[0]

"""What do Bodhi's comments mean in our words? What is missing or strange stays unsaid: it is never good news."""

from collections.abc import Mapping
from typing import Any, Final

from relengotron.errors import MalformedInput
from relengotron.model.opinions import Bug, Comment, Opinions
from relengotron.systems.strict import filled, listed, number

_WRONG_SHAPE = (KeyError, TypeError, AttributeError, ValueError)
BODHI: Final = "bodhi"
RESETS: Final = ("New build", "Removed build")
"""How Bodhi itself begins to say that the builds of an update were changed; it forgets all karma then."""


def read_opinions(row: Any) -> Opinions:
    """What is said of one update.

    Raises:
        MalformedInput: it is no update at all.
    """
    if not isinstance(row, dict) or not isinstance(row.get("alias"), str):
        raise MalformedInput(f"not an update of Bodhi: {str(row)[:300]}")
    karma, critpath = row.get("karma"), row.get("critpath")
    return Opinions(
        alias=row["alias"],
        submitter=_submitter(row),
        karma=karma if type(karma) is int else None,
        is_critical=critpath if isinstance(critpath, bool) else None,
        bugs=_bugs(row),
        test_cases=_test_cases(row),
        comments=_comments(row),
    )


def _submitter(row: Mapping[str, Any]) -> str | None:
    try:
        return filled(row["user"]["name"])
    except _WRONG_SHAPE:
        return None


def _bugs(row: Mapping[str, Any]) -> tuple[Bug, ...] | None:
    try:
        return tuple(_bug(each) for each in listed(row["bugs"]))
    except _WRONG_SHAPE:
        return None


def _bug(row: Mapping[str, Any]) -> Bug:
    title, is_security = row.get("title") or "", row["security"]
    if not isinstance(title, str) or not isinstance(is_security, bool):
        raise TypeError(row)
    return Bug(number(row["bug_id"]), title, is_security)


def _test_cases(row: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Objects with a name; the first servers wrote the names alone."""
    try:
        return tuple(filled(each if isinstance(each, str) else each["name"]) for each in listed(row["test_cases"]))
    except _WRONG_SHAPE:
        return None


def _comments(row: Mapping[str, Any]) -> tuple[Comment, ...] | None:
    """All or none: a comment that cannot be read may be the one that says no."""
    try:
        return tuple(_comment(each) for each in listed(row["comments"]))
    except _WRONG_SHAPE:
        return None


def _comment(row: Mapping[str, Any]) -> Comment:
    who, text = filled(row["user"]["name"]), row["text"] or ""
    return Comment(
        id=number(row["id"]),
        who=who,
        karma=number(row["karma"]),
        bugs={number(each["bug_id"]): _feedback(each) for each in listed(row["bug_feedback"])},
        test_cases={filled(each["testcase"]["name"]): _feedback(each) for each in listed(row["testcase_feedback"])},
        is_anonymous=row.get("anonymous", False) is not False,
        is_reset=who == BODHI and any(each in text for each in RESETS),
    )


def _feedback(row: Mapping[str, Any]) -> int:
    """Bodhi called it karma until 2019, and shows both names since."""
    found = number(row["feedback"] if "feedback" in row else row["karma"])
    if found not in (-1, 0, 1):
        raise ValueError(found)
    return found

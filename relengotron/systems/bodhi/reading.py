"""What do Bodhi's rows mean in our words?"""

from typing import Any

from relengotron.errors import MalformedInput
from relengotron.systems.bodhi.port import BodhiRelease, BodhiUpdate, Compose

_WRONG_SHAPE = (KeyError, TypeError, AttributeError)


def read_update(row: Any) -> BodhiUpdate:
    """An update; in 2015 one without an alias yet goes by its title."""
    try:
        title = _text(row["title"])
        return BodhiUpdate(
            alias=_text_or(row["alias"], title),
            title=title,
            status=_text(row["status"]),
            request=_text(row["request"]) if row["request"] is not None else None,
            locked=_flag(row["locked"]),
            release=_text(row["release"]["name"]),
            type=_text(row["type"]),
            severity=_text_or(row.get("severity"), "unspecified"),
            builds=tuple(_text(build["nvr"]) for build in row["builds"]),
            url=_text_or(row.get("url"), ""),
            karma=_number(row.get("karma") or 0),
        )
    except _WRONG_SHAPE as wrong:
        raise MalformedInput(f"not an update of Bodhi: {str(row)[:300]}") from wrong


def read_release(row: Any) -> BodhiRelease:
    """A release; tags that its time did not know are empty."""
    try:
        return BodhiRelease(
            name=_text(row["name"]),
            version=_text(row["version"]),
            branch=_text_or(row.get("branch"), ""),
            dist_tag=_text(row["dist_tag"]),
            stable_tag=_text(row["stable_tag"]),
            testing_tag=_text(row["testing_tag"]),
            candidate_tag=_text(row["candidate_tag"]),
            pending_testing_tag=_text_or(row.get("pending_testing_tag"), ""),
            pending_stable_tag=_text_or(row.get("pending_stable_tag"), ""),
            pending_signing_tag=_text_or(row.get("pending_signing_tag"), ""),
            state=_text(row["state"]),
            id_prefix=_text(row["id_prefix"]),
        )
    except _WRONG_SHAPE as wrong:
        raise MalformedInput(f"not a release of Bodhi: {str(row)[:300]}") from wrong


def read_compose(row: Any) -> Compose:
    """A push in flight."""
    try:
        release_id = row.get("release_id")
        return Compose(
            release=_text(row["release"]["name"]),
            release_id=_number(release_id) if release_id is not None else None,
            request=_text(row["request"]),
            content_type=_text_or(row.get("content_type"), "rpm"),
            security=_flag(row["security"]),
            state=_text(row["state"]),
            updates=tuple(_text(update["alias"]) for update in row["update_summary"]),
        )
    except _WRONG_SHAPE as wrong:
        raise MalformedInput(f"not a compose of Bodhi: {str(row)[:300]}") from wrong


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _text_or(value: Any, otherwise: str) -> str:
    return _text(value) if value is not None else otherwise


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(value)
    return value


def _number(value: Any) -> int:
    if type(value) is not int:
        raise TypeError(value)
    return value

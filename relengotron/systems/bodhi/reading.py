"""What do Bodhi's rows mean in our words?"""

from typing import Any

from relengotron.errors import MalformedInput
from relengotron.systems.bodhi.port import BodhiRelease, BodhiUpdate, Compose
from relengotron.systems.strict import flag, number, text

_WRONG_SHAPE = (KeyError, TypeError, AttributeError)


def read_update(row: Any) -> BodhiUpdate:
    """An update; in 2015 one without an alias yet goes by its title."""
    try:
        title = text(row["title"])
        return BodhiUpdate(
            alias=_text_or(row["alias"], title),
            title=title,
            status=text(row["status"]),
            request=text(row["request"]) if row["request"] is not None else None,
            locked=flag(row["locked"]),
            release=text(row["release"]["name"]),
            type=text(row["type"]),
            severity=_text_or(row.get("severity"), "unspecified"),
            builds=tuple(text(build["nvr"]) for build in row["builds"]),
            url=_text_or(row.get("url"), ""),
            karma=number(row.get("karma") or 0),
        )
    except _WRONG_SHAPE as wrong:
        raise MalformedInput(f"not an update of Bodhi: {str(row)[:300]}") from wrong


def read_release(row: Any) -> BodhiRelease:
    """A release; tags that its time did not know are empty."""
    try:
        return BodhiRelease(
            name=text(row["name"]),
            version=text(row["version"]),
            branch=_text_or(row.get("branch"), ""),
            dist_tag=text(row["dist_tag"]),
            stable_tag=text(row["stable_tag"]),
            testing_tag=text(row["testing_tag"]),
            candidate_tag=text(row["candidate_tag"]),
            pending_testing_tag=_text_or(row.get("pending_testing_tag"), ""),
            pending_stable_tag=_text_or(row.get("pending_stable_tag"), ""),
            pending_signing_tag=_text_or(row.get("pending_signing_tag"), ""),
            state=text(row["state"]),
            id_prefix=text(row["id_prefix"]),
        )
    except _WRONG_SHAPE as wrong:
        raise MalformedInput(f"not a release of Bodhi: {str(row)[:300]}") from wrong


def read_compose(row: Any) -> Compose:
    """A push in flight."""
    try:
        release_id = row.get("release_id")
        return Compose(
            release=text(row["release"]["name"]),
            release_id=number(release_id) if release_id is not None else None,
            request=text(row["request"]),
            content_type=_text_or(row.get("content_type"), "rpm"),
            security=flag(row["security"]),
            state=text(row["state"]),
            updates=tuple(text(update["alias"]) for update in row["update_summary"]),
        )
    except _WRONG_SHAPE as wrong:
        raise MalformedInput(f"not a compose of Bodhi: {str(row)[:300]}") from wrong


def _text_or(value: Any, otherwise: str) -> str:
    return text(value) if value is not None else otherwise

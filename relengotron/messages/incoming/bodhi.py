"""What does Bodhi tell us: push requests, and changes of single updates."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import Field

from relengotron.errors import MalformedInput
from relengotron.messages.wire import (
    Alias,
    Id,
    Person,
    PushedTitle,
    ReleaseName,
    Request,
    Tag,
    Title,
    Wire,
    read,
)
from relengotron.model.events import ComposeKey, Ignored, PushRequested, UpdateChange, UpdateChanged

PUSHED_CONTENT: Final = frozenset({"rpm"})


class _Version(Wire):
    api_version: int = 1


class _TitleRequest(Wire):
    updates: list[PushedTitle]
    resume: bool = False
    agent: Person | None = None


class _Compose(Wire):
    content_type: Annotated[str, Field(pattern="^[a-z]{1,32}$")] = "rpm"
    release_id: Id | None = None
    release: ReleaseName | None = None
    request: Request
    security: bool = False


class _ComposeRequest(Wire):
    composes: list[_Compose]
    resume: bool = False
    agent: Person | None = None


class _Update(Wire):
    alias: Alias | None = None
    updateid: Alias | None = None
    title: Title | None = None


class _AboutUpdate(Wire):
    update: _Update
    agent: Person | None = None
    repo: Tag | None = None
    reason: str | None = None


class _Comment(Wire):
    update: _Update | None = None
    update_alias: Alias | None = None
    update_title: Title | None = None


class _AboutComment(Wire):
    comment: _Comment


def push_requested(body: Mapping[str, Any]) -> PushRequested | Ignored:
    """Read a push request: titles as in 2015, or composes as since api_version 2."""
    match read(_Version, body).api_version:
        case 1:
            return _by_titles(read(_TitleRequest, body))
        case 2:
            return _by_composes(read(_ComposeRequest, body))
        case _:
            raise MalformedInput("msg.api_version: should be 1 or 2")


def update_changed(what: UpdateChange, body: Mapping[str, Any]) -> UpdateChanged:
    """Read which update was changed."""
    update = read(_AboutUpdate, body).update
    alias = update.alias or update.updateid
    if alias is None and update.title is None:
        raise MalformedInput("msg.update: has neither alias nor title")
    return UpdateChanged(alias, update.title, what)


def update_commented(body: Mapping[str, Any]) -> UpdateChanged | Ignored:
    """Read on which update somebody commented; what they say is read from Bodhi, and counted there."""
    comment = read(_AboutComment, body).comment
    about = comment.update or _Update()
    alias, title = comment.update_alias or about.alias or about.updateid, about.title or comment.update_title
    if alias is None and title is None:
        return Ignored("a comment that does not say on which update")
    return UpdateChanged(alias, title, UpdateChange.COMMENT)


def _by_titles(asked: _TitleRequest) -> PushRequested | Ignored:
    if not asked.updates:
        return Ignored("a push request that lists no updates")
    return PushRequested(asked.agent or "unknown", asked.resume, updates=tuple(dict.fromkeys(asked.updates)))


def _by_composes(asked: _ComposeRequest) -> PushRequested | Ignored:
    for place, compose in enumerate(asked.composes):
        if compose.release_id is None and compose.release is None:
            raise MalformedInput(f"msg.composes.{place}: has neither release_id nor release")
    wanted = [compose for compose in asked.composes if compose.content_type in PUSHED_CONTENT]
    if not wanted:
        return Ignored(_why_nothing(asked.composes))
    return PushRequested(
        asked.agent or "unknown", asked.resume, composes=tuple(dict.fromkeys(_key(compose) for compose in wanted))
    )


def _why_nothing(composes: list[_Compose]) -> str:
    if not composes:
        return "a push request that lists no composes"
    kinds = ", ".join(sorted({compose.content_type for compose in composes}))
    return f"a push of content type {kinds}; relengotron pushes {', '.join(sorted(PUSHED_CONTENT))} only"


def _key(compose: _Compose) -> ComposeKey:
    return ComposeKey(compose.release_id, compose.release, compose.request, compose.content_type, compose.security)

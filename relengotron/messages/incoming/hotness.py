"""What does the-new-hotness tell us: it filed a bug for a version of upstream, built it for a try, or let it be.

Its messages carry whole the message that made it act: from Anitya, or from Koji where it told of its own build.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field

from relengotron.errors import MalformedInput
from relengotron.messages.incoming import anitya
from relengotron.messages.wire import BuildNvr, Id, Item, Package, Version, Wire, read
from relengotron.model.events import Ignored, UpstreamReleased
from relengotron.model.nvr import Nvr

_SOURCE = ".src.rpm"


class _Trigger(Wire):
    topic: str
    msg: dict[str, Any]


class _Bug(Wire):
    bug_id: Id


class _Acted(Wire):
    trigger: _Trigger
    bug: _Bug | None = None


class _Distro(Wire):
    name: str


class _NewName(Wire):
    new: Package


class _Project(Wire):
    id: Id
    version: Item | None = None


class _Mapped(Wire):
    distro: _Distro
    message: _NewName
    project: _Project


class _Task(Wire):
    srpm: Annotated[str, Field(pattern=r"^[^/]{1,255}\.src\.rpm$")]


class _Named(Wire):
    nvr: BuildNvr


class _Build(Wire):
    name: Package
    version: Version


def version_followed(body: Mapping[str, Any]) -> UpstreamReleased | Ignored:
    """Read of which version of which package it speaks, and the bug that it filed."""
    acted = read(_Acted, body)
    seen = _seen(acted.trigger)
    if isinstance(seen, Ignored) or acted.bug is None:
        return seen
    return replace(seen, bug=acted.bug.bug_id)


def _seen(trigger: _Trigger) -> UpstreamReleased | Ignored:
    for ending, reader in _READERS.items():
        if trigger.topic.endswith(ending):
            try:
                return reader(trigger.msg)
            except MalformedInput as error:
                raise MalformedInput(f"msg.trigger: {error}") from None
    return Ignored("what the-new-hotness made of a message that tells of no version")


def _mapped(body: Mapping[str, Any]) -> UpstreamReleased | Ignored:
    """A project got the name of a package of ours, and has a version already."""
    mapped = read(_Mapped, body)
    if mapped.distro.name != anitya.DISTRO or mapped.project.version is None:
        return Ignored("a project that got another name than one of ours, or has no version")
    return UpstreamReleased((mapped.message.new,), mapped.project.version, None, anitya.page_of(mapped.project.id))


def _tried(body: Mapping[str, Any]) -> UpstreamReleased | Ignored:
    """A scratch build, known by the name of its source."""
    srpm = read(_Task, body).srpm
    source = Nvr.parse(read(_Named, {"nvr": srpm.removesuffix(_SOURCE)}).nvr)
    return UpstreamReleased((source.name,), source.version, None, None)


def _built(body: Mapping[str, Any]) -> UpstreamReleased | Ignored:
    build = read(_Build, body)
    return UpstreamReleased((build.name,), build.version, None, None)


_READERS = {
    ".anitya.project.version.update": anitya.version_released,
    ".anitya.project.map.new": _mapped,
    ".buildsys.task.state.change": _tried,
    ".buildsys.build.state.change": _built,
}

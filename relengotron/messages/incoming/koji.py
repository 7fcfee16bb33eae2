"""What does Koji tell us: tasks that end, builds that move, RPMs that are signed."""

from collections.abc import Mapping
from typing import Any, Final, Literal

from relengotron.errors import MalformedInput
from relengotron.messages.wire import BuildNvr, Id, Method, Package, Person, Sigkey, Tag, Version, Wire, read
from relengotron.model.events import BuildTagged, BuildUntagged, Ignored, RpmSigned, TaskState, TaskStateChanged

PRIMARY: Final = "primary"

_State = Literal["FREE", "OPEN", "CLOSED", "CANCELED", "ASSIGNED", "FAILED"]


class _Instance(Wire):
    instance: Tag | None = None


class _Attribute(Wire):
    attribute: str = "state"


class _Task(Wire):
    id: Id
    method: Method
    old: _State | None = None
    new: _State
    owner: Person | None = None


class _Tagging(Wire):
    name: Package
    version: Version
    release: Version
    tag: Tag
    tag_id: Id | None = None
    build_id: Id | None = None
    user: Person | None = None
    owner: Person | None = None

    @property
    def nvr(self) -> str:
        return f"{self.name}-{self.version}-{self.release}"


class _Rpm(Wire):
    name: Package
    version: Version
    release: Version
    arch: Package
    build_id: Id | None = None

    @property
    def nvr(self) -> str:
        return f"{self.name}-{self.version}-{self.release}"


class _OldRpm(_Rpm):
    sigkey: Sigkey | Literal[""]


class _OldSign(Wire):
    info: _OldRpm


class _Build(Wire):
    id: Id
    nvr: BuildNvr | None = None


class _NewSign(Wire):
    rpm: _Rpm
    build: _Build
    sigkey: Sigkey | Literal[""]


def task_state_changed(body: Mapping[str, Any]) -> TaskStateChanged | Ignored:
    """Read a change of a task; only its state matters to us."""
    if stranger := _another_koji(body):
        return stranger
    attribute = read(_Attribute, body).attribute
    if attribute != "state":
        return Ignored("a change of another attribute of a task than its state")
    task = read(_Task, body)
    old = TaskState(task.old) if task.old is not None else None
    return TaskStateChanged(task.id, task.method, old, TaskState(task.new))


def build_tagged(body: Mapping[str, Any]) -> BuildTagged | Ignored:
    """Read which build came into which tag."""
    if stranger := _another_koji(body):
        return stranger
    moved = _tagging(body)
    return BuildTagged(moved.nvr, moved.tag, moved.user)


def build_untagged(body: Mapping[str, Any]) -> BuildUntagged | Ignored:
    """Read which build left which tag."""
    if stranger := _another_koji(body):
        return stranger
    moved = _tagging(body)
    return BuildUntagged(moved.nvr, moved.tag, moved.user)


def rpm_signed(body: Mapping[str, Any]) -> RpmSigned | Ignored:
    """Read a signature: the shape of 2015 has everything under info, the one since 2016-10 beside it."""
    if stranger := _another_koji(body):
        return stranger
    if "info" in body:
        info = read(_OldSign, body).info
        return _signed(info, info.sigkey, info.build_id, None)
    news = read(_NewSign, body)
    return _signed(news.rpm, news.sigkey, news.build.id, news.build.nvr)


def _signed(rpm: _Rpm, sigkey: str, build_id: int | None, build: str | None) -> RpmSigned | Ignored:
    if not sigkey:
        return Ignored("an RPM header without a signature")
    if build is None and rpm.arch == "src":
        build = rpm.nvr
    return RpmSigned(build, build_id, f"{rpm.nvr}.{rpm.arch}", sigkey.lower())


def _tagging(body: Mapping[str, Any]) -> _Tagging:
    moved = read(_Tagging, body)
    if len(moved.nvr) > 255:
        raise MalformedInput("msg: name, version and release are too long together")
    return moved


def _another_koji(body: Mapping[str, Any]) -> Ignored | None:
    instance = read(_Instance, body).instance
    if instance in (None, PRIMARY):
        return None
    return Ignored(f"from the secondary Koji instance {instance}")

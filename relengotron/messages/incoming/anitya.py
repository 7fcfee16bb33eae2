"""What does the monitor of upstream projects tell us: a project has released a version.

Until October 2014 everything stood flat in the body, since then under ``message`` (recorded messages of both kinds are
among the tests of fedmsg-meta-fedora-infrastructure, and in our own corpus).
"""

from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import Field

from relengotron.errors import MalformedInput
from relengotron.messages.names import is_package
from relengotron.messages.wire import Id, Item, Wire, read
from relengotron.model.events import Ignored, UpstreamReleased

DISTRO: Final = "Fedora"
"""Others map the same project to names of their own, which may be another package here."""
PROJECT_PAGE: Final = "https://release-monitoring.org/project/{id}/"


class _Mapping(Wire):
    distro: str
    package_name: str


class _Project(Wire):
    id: Id


class _Told(Wire):
    upstream_version: Item
    old_version: Item | Literal[""] | None = None
    packages: list[_Mapping] = Field(default_factory=list)


class _Nested(Wire):
    message: _Told
    project: _Project | None = None


class _Flat(_Told):
    project: _Project | None = None


def version_released(body: Mapping[str, Any]) -> UpstreamReleased | Ignored:
    """Read which version of which packages was found."""
    if "message" in body:
        nested = read(_Nested, body)
        return _released(nested.message, nested.project)
    flat = read(_Flat, body)
    return _released(flat, flat.project)


def page_of(project: int | None) -> str | None:
    """Where people read of the project; its homepage may be any text at all."""
    return None if project is None else PROJECT_PAGE.format(id=project)


def _released(told: _Told, project: _Project | None) -> UpstreamReleased | Ignored:
    packages = tuple(dict.fromkeys(each.package_name for each in told.packages if each.distro == DISTRO))
    if not packages:
        return Ignored("a version of a project that is no package of ours")
    if not all(map(is_package, packages)):
        raise MalformedInput(f"msg.packages: should be package names, found {ascii(packages)[:80]}")
    page = page_of(None if project is None else project.id)
    return UpstreamReleased(packages, told.upstream_version, told.old_version or None, page)

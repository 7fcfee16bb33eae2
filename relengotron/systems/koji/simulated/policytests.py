"""What can a policy rule ask about? The words of the policy language that look into the hub."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from typing import Any, ClassVar

import koji
import koji.policy
from koji.util import multi_fnmatch

from .builds import build_types, required_build
from .call import Call
from .inheritance import full_inheritance
from .lookups import lookup
from .sidetags import is_owned_by, is_sidetag
from .store import Row
from .tags import find_tag, list_tags, tag_id
from .targets import find_targets
from .users import find_user


def user_of(call: Call, data: Row) -> int | None:
    """For whom the question is: the user in the data, or the caller."""
    if "user_id" in data:
        user = find_user(call, data["user_id"])
        return user["id"] if user else None
    return call.user_id


class Test:
    """One word of the policy language; ``words`` are its arguments."""

    name: ClassVar[str]

    def __init__(self, text: str) -> None:
        self.str = text
        self.words = text.split()[1:]

    def run(self, data: Row) -> bool:
        """Does the situation match?"""
        raise NotImplementedError

    def _matches(self, value: Any) -> bool:
        return value is not None and any(fnmatch(str(value), pattern) for pattern in self.words)


class OperationTest(Test):
    """Tag, untag or move."""

    name = "operation"

    def run(self, data: Row) -> bool:  # noqa: D102 - as promised by Test
        return self._matches(data.get("operation"))


class MethodTest(Test):
    """The task method."""

    name = "method"

    def run(self, data: Row) -> bool:  # noqa: D102 - as promised by Test
        return self._matches(data.get("method"))


class ActionTest(Test):
    """What is done to a package list."""

    name = "action"

    def run(self, data: Row) -> bool:  # noqa: D102 - as promised by Test
        return self._matches(data.get("action"))


class IsChildTaskTest(Test):
    """A task under another."""

    name = "is_child_task"

    def run(self, data: Row) -> bool:  # noqa: D102 - as promised by Test
        return bool(data.get("parent"))


class SkipTagTest(Test):
    """The build will not be tagged."""

    name = "skip_tag"

    def run(self, data: Row) -> bool:  # noqa: D102 - as promised by Test
        return bool(data.get("skip_tag"))


class TagTest(Test):
    """The tag a build goes to."""

    name = "tag"
    field = "tag"

    def run(self, data: Row) -> bool:  # noqa: D102 - as promised by Test
        if data.get(self.field) is None:
            return False
        tag = find_tag(data["__call"], data[self.field])
        return tag is not None and self._matches(tag["name"])


class FromTagTest(TagTest):
    """The tag a build leaves."""

    name = "fromtag"
    field = "fromtag"


class HasTagTest(Test):
    """A tag the build has now."""

    name = "hastag"

    def run(self, data: Row) -> bool:  # noqa: D102 - as promised by Test
        if "build" not in data:
            return False
        return any(self._matches(tag["name"]) for tag in list_tags(data["__call"], build=data["build"]))


def _build_tags(data: Row) -> Iterator[str | None]:
    """Names of the tags in whose build roots the build was made; imported builds have none."""
    from .tags import find_tag

    if "build_tag" in data:
        tag = find_tag(data["__call"], data["build_tag"])
        yield tag["name"] if tag else None
    elif (target := _target(data)) is not None:
        yield target["build_tag_name"]
    elif "build" in data:
        build = required_build(data["__call"], data["build"])
        yield from data["__call"].store.row("build", build["id"])["build_tags"]


def _target(data: Row) -> Row | None:
    found = find_targets(data["__call"], data["target"]) if data.get("target") else []
    return found[0] if found else None


class BuildTagTest(Test):
    """The build tag the build was made in."""

    name = "buildtag"

    def run(self, data: Row) -> bool:  # noqa: D102 - as promised by Test
        return any(tag is not None and multi_fnmatch(tag, self.words) for tag in _build_tags(data))


class BuildTagInheritsFromTest(Test):
    """A tag from which that build tag inherits."""

    name = "buildtag_inherits_from"

    def run(self, data: Row) -> bool:  # noqa: D102 - as promised by Test

        call = data["__call"]
        for name in _build_tags(data):
            if name is None:
                continue
            parents = full_inheritance(call, tag_id(call, name))
            if any(multi_fnmatch(link["name"], self.words) for link in parents):
                return True
        return False


class HasPermTest(Test):
    """A permission of the user."""

    name = "has_perm"

    def run(self, data: Row) -> bool:  # noqa: D102 - as promised by Test
        held = data["__call"].perms_of(user_of(data["__call"], data))
        return any(multi_fnmatch(name, self.words) for name in held)


class UserTest(Test):
    """The user's name."""

    name = "user"

    def run(self, data: Row) -> bool:  # noqa: D102 - as promised by Test
        user_id = user_of(data["__call"], data)
        return user_id is not None and self._matches(data["__call"].store.row("users", user_id)["name"])


class UserInGroupTest(Test):
    """A group of the user."""

    name = "user_in_group"

    def run(self, data: Row) -> bool:  # noqa: D102 - as promised by Test
        store = data["__call"].store
        groups = store["user_groups"].where(user_id=user_of(data["__call"], data), active=True)
        return any(self._matches(store.row("users", group["group_id"])["name"]) for group in groups)


def _build(data: Row) -> Row | None:
    return required_build(data["__call"], data["build"]) if "build" in data else None


class PackageTest(Test):
    """The package name."""

    name = "package"

    def run(self, data: Row) -> bool:  # noqa: D102 - as promised by Test
        if "package" in data:
            package = lookup(data["__call"], "package", data["package"])
            return self._matches(package["name"] if package else data["package"])
        build = _build(data)
        if build is None:
            raise koji.GenericError("policy requires package data")
        return self._matches(build["package_name"])


class IsNewPackageTest(Test):
    """A package the hub does not know."""

    name = "is_new_package"

    def run(self, data: Row) -> bool:  # noqa: D102 - as promised by Test
        return "package" in data and lookup(data["__call"], "package", data["package"]) is None


class VersionTest(Test):
    """The version."""

    name = "version"

    def run(self, data: Row) -> bool:  # noqa: D102 - as promised by Test
        build = _build(data)
        return self._matches(data.get("version", build and build["version"]))


class ReleaseTest(Test):
    """The release."""

    name = "release"

    def run(self, data: Row) -> bool:  # noqa: D102 - as promised by Test
        build = _build(data)
        return self._matches(data.get("release", build and build["release"]))


class VolumeTest(Test):
    """The storage volume."""

    name = "volume"

    def run(self, data: Row) -> bool:  # noqa: D102 - as promised by Test
        build = _build(data)
        return build is not None and self._matches(build["volume_name"])


class BuildTypeTest(Test):
    """What the build is made of."""

    name = "buildtype"

    def run(self, data: Row) -> bool:  # noqa: D102 - as promised by Test
        build = _build(data)
        return build is not None and any(self._matches(kind) for kind in build_types(data["__call"], build["id"]))


class ImportedTest(Test):
    """A build is imported when none of its parts came out of a build root here."""

    name = "imported"

    def run(self, data: Row) -> bool:  # noqa: D102 - as promised by Test
        build = _build(data)
        return build is not None and not data["__call"].store.row("build", build["id"]).get("build_tags")


class IsBuildOwnerTest(Test):
    """The user owns the build."""

    name = "is_build_owner"

    def run(self, data: Row) -> bool:  # noqa: D102 - as promised by Test
        build = _build(data)
        return build is not None and build["owner_id"] == user_of(data["__call"], data)


class IsDraftTest(Test):
    """The build is a draft."""

    name = "is_draft"

    def run(self, data: Row) -> bool:  # noqa: D102 - as promised by Test
        build = _build(data)
        return bool(data.get("draft") or (build is not None and build["draft"]))


class SourceTest(Test):
    """Where the source came from."""

    name = "source"

    def run(self, data: Row) -> bool:  # noqa: D102 - as promised by Test
        build = _build(data)
        return self._matches(data.get("source") or (build and build["source"]))


class IsSideTagTest(Test):
    """The tag is a side tag."""

    name = "is_sidetag"

    def run(self, data: Row) -> bool:  # noqa: D102 - as promised by Test

        return all(_holds(data, side, is_sidetag) for side in _sides(self.words))


class IsSideTagOwnerTest(Test):
    """The tag is the user's own side tag."""

    name = "is_sidetag_owner"

    def run(self, data: Row) -> bool:  # noqa: D102 - as promised by Test
        owner = user_of(data["__call"], data)
        return all(_holds(data, side, lambda tag: is_owned_by(tag, owner)) for side in _sides(self.words))


def _sides(words: list[str]) -> list[str]:
    return ["tag", "fromtag"] if words[:1] == ["both"] else words[:1] or ["tag"]


def _holds(data: Row, side: str, test: Callable[[Row], bool]) -> bool:
    if side not in data:
        return False
    tag = find_tag(data["__call"], data[side])
    return tag is not None and test(tag)


def policy_tests() -> Iterator[tuple[str, Any]]:
    """Koji's own general tests (all, true, false, has, match, bool, compare...) and those that look into the hub."""
    yield from koji.policy.findSimpleTests(vars(koji.policy)).items()
    pending: list[type[Test]] = [Test]
    while pending:
        for kind in pending.pop().__subclasses__():
            pending.append(kind)
            yield kind.name, kind

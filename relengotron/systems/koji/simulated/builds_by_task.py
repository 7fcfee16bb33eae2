"""How is a package build asked for?"""

from __future__ import annotations

from typing import Any

from .call import Call, convert, exposed
from .store import Row
from .tasks import make_task, relative_priority


@exposed("build")
def build(
    call: Call, src: Any, target: Any, opts: Row | None = None, priority: int | None = None, channel: str | None = None
) -> int:
    """Ask for a package to be built; the task's id."""
    call.assert_login()
    convert(src, str, check_only=True)
    wishes = relative_priority(call, priority)
    if channel:
        wishes["channel"] = channel
    return make_task(call, "build", [src, target, opts or {}], **wishes)


@exposed("chainBuild")
def chain_build(
    call: Call,
    srcs: Any,
    target: Any,
    opts: Row | None = None,
    priority: int | None = None,
    channel: str | None = None,
) -> int:
    """Ask for packages to be built in order; the task's id."""
    call.assert_login()
    convert(srcs, list, check_only=True)
    wishes = relative_priority(call, priority)
    if channel:
        wishes["channel"] = channel
    return make_task(call, "chainbuild", [srcs, target, opts or {}], **wishes)

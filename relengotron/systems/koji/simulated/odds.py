"""What does the hub say about itself, and which calls are only there to try it?"""

from __future__ import annotations

from typing import Any

import koji

from .call import EXPOSED, Call, convert, exposed

VERSION = "1.35.3"


@exposed("hello")
def hello(call: Call, *_args: Any) -> str:
    """A greeting."""
    return "Hello World"


@exposed("echo")
def echo(call: Call, *args: Any) -> list[Any]:
    """What was said."""
    return list(args)


@exposed("error")
def error(call: Call) -> None:
    """Always a GenericError."""
    raise koji.GenericError("test error")


@exposed("fault")
def fault(call: Call) -> None:
    """Always a server error."""
    raise RuntimeError("test exception")


@exposed("getAPIVersion")
def get_api_version(call: Call) -> int:
    """The version of the protocol."""
    return 1


@exposed("getKojiVersion")
def get_koji_version(call: Call) -> str:
    """The version of the hub this one behaves like."""
    return VERSION


@exposed("mavenEnabled", "winEnabled")
def not_enabled(call: Call) -> bool:
    """Maven and Windows builds are off."""
    return False


@exposed("_listapi", "system.listMethods")
def list_api(call: Call) -> list[str]:
    """Names of all calls."""
    return sorted(EXPOSED)


@exposed("saveFailedTree")
def save_failed_tree(call: Call, buildrootID: Any, full: bool = False, **opts: Any) -> int:
    """Ask for the tree of a failed build root to be kept; this hub has no build roots."""
    call.assert_login()
    convert(buildrootID, int)
    raise koji.GenericError(f"No such entry in table buildroot: {buildrootID}")

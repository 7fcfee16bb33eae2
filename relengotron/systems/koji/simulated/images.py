"""How are composes asked for: commands in build roots and images?

The hub checks almost nothing; an unknown target or a misspelt option fails later, on the builder.
"""

from __future__ import annotations

from typing import Any

import koji

from .call import Call, convert, exposed
from .hosts import all_arches, channel_arches
from .store import Row
from .tags import required_tag
from .tasks import make_task, relative_priority

KINDS = ("livecd", "appliance", "livemedia")


@exposed("runroot")
def runroot(call: Call, tagInfo: Any, arch: Any, command: Any, channel: str | None = None, **opts: Any) -> int:
    """Run a command in a build root; any keyword is taken."""
    call.assert_perm("runroot")
    arch = koji.parse_arches(arch, strict=True, allow_none=False)
    if not isinstance(command, (str, list)):
        raise koji.GenericError(f"Invalid type for value '{command}': {type(command)}")
    channel = channel or "runroot"
    tag = required_tag(call, tagInfo)
    task_arch = _shared_arch(call, tag, channel) if arch == "noarch" else arch
    request = koji.encode_args(tagInfo, arch, command, **opts)
    return make_task(call, "runroot", request, priority=15, arch=task_arch or arch, channel=channel)


def _shared_arch(call: Call, tag: Row, channel: str) -> str | None:
    """An arch that tag and channel share; None when the tag can do all arches."""
    if not tag["arches"]:
        raise koji.GenericError(f"no arches defined for tag {tag['name']}")
    tag_arches = tag["arches"].split()
    if not set(all_arches(call)) - set(tag_arches):
        return None
    shared = [arch for arch in tag_arches if arch in channel_arches(call, channel)]
    if not shared:
        raise koji.GenericError(f"no common arches for tag/channel: {tag['name']}/{channel}")
    return str(koji.canonArch(shared[0]))


@exposed("buildImage")
def build_image(
    call: Call,
    name: Any,
    version: Any,
    arch: Any,
    target: Any,
    ksfile: Any,
    img_type: Any,
    opts: Any = None,
    priority: int | None = None,
) -> int:
    """A live CD, an appliance or live media from a kickstart file."""
    if img_type not in KINDS:
        raise koji.GenericError(f"Unrecognized image type: {img_type}")
    for text in (name, ksfile, version):
        convert(text, str, check_only=True)
    call.assert_perm(img_type)
    wishes = {"channel": img_type, "arch": "noarch" if img_type == "livemedia" else arch}
    wishes.update(relative_priority(call, priority))
    return make_task(call, img_type, [name, version, arch, target, ksfile, opts], **wishes)


@exposed("buildImageOz")
def build_image_oz(
    call: Call,
    name: Any,
    version: Any,
    arches: Any,
    target: Any,
    inst_tree: Any,
    opts: Any = None,
    priority: int | None = None,
) -> int:
    """A disk image installed from a tree."""
    for text in (name, inst_tree, version):
        convert(text, str, check_only=True)
    call.assert_perm("image")
    wishes = {"channel": "image", **relative_priority(call, priority)}
    return make_task(call, "image", [name, version, arches, target, inst_tree, opts], **wishes)


@exposed("buildImageIndirection")
def build_image_indirection(call: Call, opts: Any = None, priority: int | None = None) -> int:
    """An image made with the help of two others."""
    call.assert_perm("image")
    wishes = {"channel": "image", **relative_priority(call, priority)}
    if "scratch" not in opts and "indirection_template_url" not in opts:
        raise koji.ActionNotAllowed("Non-scratch builds must provide url for the indirection template")
    if "arch" in opts:
        wishes["arch"] = opts["arch"]
    return make_task(call, "indirectionimage", [opts], **wishes)

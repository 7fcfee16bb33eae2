"""How is a tag made, alone or with a parent?"""

from __future__ import annotations

from typing import Any

import koji

from .call import Call, exposed
from .inheritance import write_links
from .store import Row
from .tags import check_new_tag, find_tag, insert_tag


@exposed("createTag")
def create_tag(
    call: Call,
    name: Any,
    parent: Any = None,
    arches: Any = None,
    perm: Any = None,
    locked: bool = False,
    maven_support: bool = False,
    maven_include_all: bool = False,
    extra: Row | None = None,
) -> int:
    """Make a tag; its id."""
    call.assert_perm("tag")
    return make_tag(call, name, parent, arches, perm, locked, (maven_support, maven_include_all), extra)


def make_tag(
    call: Call,
    name: Any,
    parent: Any = None,
    arches: Any = None,
    perm: Any = None,
    locked: bool = False,
    maven: tuple[bool, bool] = (False, False),
    extra: Row | None = None,
) -> int:
    """Make a tag without asking who wants it."""
    arches = check_new_tag(call, name, arches, maven)
    above = find_tag(call, parent) if parent else None
    if parent and above is None:
        raise koji.GenericError(f"Parent tag '{parent}' could not be found")
    made = insert_tag(call, name, arches, perm, locked, maven, extra)
    if above is not None:
        link = {
            "parent_id": above["id"],
            "priority": 0,
            "maxdepth": None,
            "intransitive": False,
            "noconfig": False,
            "pkg_filter": "",
        }
        write_links(call, made, link)
    return made

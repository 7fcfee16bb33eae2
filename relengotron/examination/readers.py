"""Do mirrors, caches and download pages say what is on the mirror?"""

import hashlib
import secrets
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

from relengotron.examination.finding import Differs, Finding, NotWell, look
from relengotron.settings import Settings
from relengotron.systems.cdn.port import Cdn
from relengotron.systems.filelists.port import FileLists
from relengotron.systems.website.port import Website
from relengotron.systems.world import World

_LISTS: Final = "relengotron mirror lists; the next push does it too"
_PAGE: Final = "the next push writes it anew, for all lanes"


def findings(settings: Settings, world: World) -> Iterator[Finding]:
    """One line for each of them that is configured."""
    if world.lists is not None:
        yield look("file lists", partial(_lists, world.lists), _LISTS)
    if world.website is not None:
        yield look("download page", partial(_page, world.website), _PAGE)
    if world.cdn is not None:
        remedy = "look at systems.cdn in systems.yaml: each address, and the file with the token that may purge"
        yield look("caches", partial(_caches, settings.systems.mirror.root, world.cdn), remedy)


def _lists(lists: FileLists) -> str:
    behind = lists.behind()
    if behind:
        raise Differs("; ".join(behind.values()))
    return "every list shows the last publication"


def _page(website: Website) -> str:
    if website.read() is None:
        raise Differs(f"{website.path} is not there, or cannot be read")
    return f"{website.path} can be read"


def _caches(root: Path, cdn: Cdn) -> str:
    """Each takes a purge, and brings a file that nobody has asked for before; it is taken away again."""
    word = secrets.token_hex(8)
    probe = root / f"relengotron-doctor-{word}.txt"
    cdn.purge((probe.name,))
    try:
        probe.write_text(word)
        seen = cdn.look({probe.name: hashlib.sha256(word.encode()).hexdigest()})
    finally:
        probe.unlink(missing_ok=True)
    wrong = [str(each) for each in seen if not each.is_as_expected]
    if wrong:
        raise NotWell(f"not what the mirror shows: {'; '.join(wrong)}")
    return f"{len(seen)} caches take purges and show the mirror"

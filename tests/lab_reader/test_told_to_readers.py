"""Does the independent reader see when file lists, caches or the download page say what is not so?"""

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from relengotron.lab.mirror import MirrorServer
from relengotron.lab.verify.expectation import Expectation
from relengotron.lab.verify.reader import verify
from relengotron.lab.web import WebServer
from relengotron.systems.cdn.simulated import SimulatedCache
from relengotron.systems.mirror.simulated import static_app

REPOMD, IMAGE = "updates/repodata/repomd.xml", "images/a.iso"
PAGE = "releases.json"


class Front:
    """A mirror with a list, a page and a cache, all of them right."""

    def __init__(self, root: Path, mirror: str, cache: str) -> None:
        self.root, self.mirror, self.cache = root, mirror, cache
        for path, content in ((REPOMD, "repomd"), (IMAGE, "image"), (f"{IMAGE}-CHECKSUM", sha("image"))):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(content)
        self.write_lists()
        self.write_page()

    def write_lists(self) -> None:
        paths = sorted(path for path in self.root.rglob("*"))
        rows = [(path, path.relative_to(self.root).as_posix()) for path in paths if path.parent != self.root]
        lines = [f"1\t{'d' if path.is_dir() else 'f'}\t{path.stat().st_size}\t{name}\n" for path, name in rows]
        sha1 = hashlib.sha1((self.root / REPOMD).read_bytes()).hexdigest()
        sums = f"[Checksums SHA1]\n{sha1}\t{REPOMD}\n"
        (self.root / "fullfiletimelist-m").write_text(f"[Version]\n2\n\n[Files]\n{''.join(lines)}\n{sums}\n[End]\n")
        (self.root / "fullfilelist").write_text("".join(f"{name}\n" for _, name in rows))
        (self.root / "imagelist-m").write_text(f"./{IMAGE}\n")

    def write_page(self, **changed: Any) -> None:
        url = f"{self.mirror}/{IMAGE}"
        file = {"name": "a.iso", "urls": [url], "size": 5, "sha256": sha("image"), "checksum": f"{url}-CHECKSUM"}
        entry = {"files": [file | changed], "urls": [url], "run": "a-run", "published_at": "2016-11-01T10:00:00Z"}
        page = {"releases": {"F24": {"requests": {"stable": {"artifacts": {"disk": entry}}}}}}
        (self.root / PAGE).write_text(json.dumps(page))

    def wrongs(self) -> str:
        expected = {
            "lists": [{"module": "m", "must_have": [REPOMD, IMAGE], "must_be_there": ["updates/", "images/"]}],
            "pages": [{"path": PAGE, "artifacts": ["F24/stable disk"]}],
            "caches": [{"url": self.cache, "paths": [REPOMD, PAGE]}],
        }
        report = verify(self.mirror, Expectation.from_json(expected))
        return "\n".join(str(check) for check in report.checks if not check.passed)


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    with MirrorServer(tmp_path) as mirror, WebServer(SimulatedCache(static_app(tmp_path))) as cache:
        yield Front(tmp_path, mirror.url, cache.url)


def edited(name: str, old: str, new: str) -> Callable[[Front], object]:
    def edit(front: Front) -> None:
        text = (front.root / name).read_text()
        assert old in text
        (front.root / name).write_text(text.replace(old, new, 1))

    return edit


LIST = "fullfiletimelist-m"


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (edited(LIST, "[End]\n", ""), "is not a whole list"),
        (edited(LIST, f"\t5\t{IMAGE}\n", f"\t7\t{IMAGE}\n"), "has 5 bytes, the list says 7"),
        (edited(LIST, f"1\tf\t6\t{REPOMD}\n", ""), "1 published files are not listed"),
        (lambda front: (front.root / REPOMD).write_text("newer!"), "should have"),
        (edited("fullfilelist", f"{IMAGE}\n", ""), "fullfilelist names other files"),
        (edited("imagelist-m", IMAGE, "images/b.iso"), "imagelist lacks"),
        (lambda front: front.write_page(sha256=sha("other")), "should have"),
        (lambda front: front.write_page(size=4), "the page says 4"),
        (edited(PAGE, '"disk"', '"tape"'), "says nothing of F24/stable disk"),
        (edited(PAGE, '"a-run"', "null"), "by nobody knows whom"),
    ],
)
def test_what_is_not_so_is_seen(front: Front, spoil: Callable[[Front], object], words: str) -> None:
    spoil(front)
    assert words in front.wrongs()


def test_what_is_right_is_confirmed_and_an_old_cache_is_seen(front: Front) -> None:
    assert front.wrongs() == ""
    (front.root / REPOMD).write_text("repom2")
    front.write_lists()
    assert f"shows an old {REPOMD}" in front.wrongs()

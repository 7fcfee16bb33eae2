"""What does a kickstart say once every ``%include`` is in its place?"""

import pytest

from relengotron.errors import MalformedInput
from relengotron.sdk.kickstart import flatten_kickstart
from tests.unit.sdk.test_treefile import reader


def test_the_text_of_an_include_stands_where_it_was_named() -> None:
    files = {"cloud.ks": b"lang en\n%include parts/disk.ks\nreboot\n", "parts/disk.ks": b"zerombr\n%include ../swap.ks",
             "swap.ks": b"part swap"}  # fmt: skip
    assert flatten_kickstart("cloud.ks", reader(files)) == "lang en\nzerombr\npart swap\nreboot\n"


def test_what_a_script_makes_on_the_machine_is_left_to_the_machine() -> None:
    text = "%include /tmp/made-by-pre\n"
    assert flatten_kickstart("x.ks", reader({"x.ks": text.encode()})) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"%include gone.ks", "gone.ks, which x.ks includes"),
        (b"%include x.ks", "in a circle: x.ks → x.ks"),
        (b"%include ../../etc/shadow", "leads out"),
        (b"%include http://elsewhere.example/x.ks", "leads out"),
        (b"\xff", "not UTF-8"),
    ],
)
def test_what_cannot_be_flattened_is_refused_in_words(text: bytes, words: str) -> None:
    with pytest.raises(MalformedInput, match=words):
        flatten_kickstart("x.ks", reader({"x.ks": text}))


def test_a_fan_of_includes_ends() -> None:
    files = {f"{n}.ks": f"%include {n + 1}.ks\n".encode() * 9 for n in range(12)}
    with pytest.raises(MalformedInput, match="more than 100 files"):
        flatten_kickstart("0.ks", reader({**files, "12.ks": b""}))

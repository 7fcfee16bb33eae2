"""Is GVariant text read as glib writes it?"""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relengotron.errors import MalformedInput
from relengotron.systems.ostree.gvariant import parse, quoted
from relengotron.systems.ostree.reading import read_commit


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("@a(sssss) []", []),
        ("uint64 5", 5),
        ("[byte 0x0a, 0xff]", [10, 255]),
        ("({'v': <'23.1'>, 'n': <uint64 7>}, @ay [], @a(say) [], 'it\\'s', \"it's\", true, -1.5)",
         ({"v": "23.1", "n": 7}, [], [], "it's", "it's", True, -1.5)),
        ("{'a', 'b'}", {"a": "b"}),
        ("()", ()),
        ("('one',)", ("one",)),
        ("@ms nothing", None),
        ("just 'x'", "x"),
        ("b'bytes'", [*b"bytes", 0]),
        ("b'\\32782Z\\t\\252\\''", [0o327, *b"82Z\t", 0o252, *b"'", 0]),
        ("'\\u00e9\\n\\t\\\\'", "é\n\t\\"),
    ],
)  # fmt: skip
def test_values_of_every_kind_are_read(text: str, value: object) -> None:
    assert parse(text) == value


def test_a_parent_whose_last_byte_is_nul_is_read_like_any_other() -> None:
    """One commit id in 256 ends so, and glib then prints its bytes like a text."""
    parent = "d7" + "41" * 30 + "00"
    fields = f"(@a{{sv}} {{}}, b'\\327{'A' * 30}', @a(say) [], 's', '', uint64 5, [byte 0x01], [byte 0x02])"
    raw = f"commit {'0' * 64}\n{fields}\n"
    assert read_commit("0" * 64, f"ContentChecksum:  {'1' * 64}\n", raw).parent == parent


@pytest.mark.parametrize(
    "text", ["", "[", "(1", "{'a': }", "'open", "unknown 1", "1 2", "<1", "]", "[" * 5000, "{[1]: 2}", "'\\Uffffffff'"]
)
def test_broken_text_is_malformed(text: str) -> None:
    with pytest.raises(MalformedInput):
        parse(text)


@given(st.text())
def test_any_text_is_a_value_or_malformed(text: str) -> None:
    with suppress(MalformedInput):
        parse(text)


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs"])))
def test_what_we_quote_reads_back(text: str) -> None:
    assert parse(quoted(text)) == text

"""Is GVariant text read as glib writes it?"""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relengotron.errors import MalformedInput
from relengotron.systems.ostree.gvariant import parse, quoted


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
        ("b'bytes'", "bytes"),
        ("'\\u00e9\\n\\t\\\\'", "é\n\t\\"),
    ],
)  # fmt: skip
def test_values_of_every_kind_are_read(text: str, value: object) -> None:
    assert parse(text) == value


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

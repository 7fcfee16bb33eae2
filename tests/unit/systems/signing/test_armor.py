"""Signatures survive being written as text, and a signed text is nothing but that."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relengotron.errors import MalformedInput
from relengotron.systems.signing.armor import armored, is_armored, is_same_text, text_in_clear, unarmored

SIGNATURE = armored(b"a signature")
CLEAR = b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n%s\n" + SIGNATURE


@given(st.binary(min_size=1, max_size=2000))
def test_what_was_armored_reads_back(data: bytes) -> None:
    text = armored(data)
    assert is_armored(text)
    assert unarmored(text) == data
    assert unarmored(text + text) == data + data
    assert max(map(len, text.split(b"\n"))) <= 64


@given(st.binary(max_size=300))
def test_any_bytes_are_armor_or_malformed(data: bytes) -> None:
    with suppress(MalformedInput):
        unarmored(data)
    assert text_in_clear(data) is None


@pytest.mark.parametrize("text", [b"one line", b"two\nlines", b"", b"- - a dash\nSHA256 (x) = 00"])
def test_the_text_of_a_document_is_found(text: bytes) -> None:
    assert text_in_clear(CLEAR % text) == text.removeprefix(b"- ")


@pytest.mark.parametrize(
    "document",
    [
        b"before\n" + CLEAR % b"text",
        CLEAR % b"text" + b"after",
        CLEAR % b"text" + SIGNATURE,
        CLEAR % b"text" + CLEAR % b"more",
        CLEAR % b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\ntext",
        CLEAR.replace(b"Hash: SHA512\n", b"SHA256 (evil) = 66\n") % b"text",
        CLEAR.replace(b"Hash: SHA512\n", b"") % b"text",
        CLEAR.replace(b"SIGNATURE-----\n\n", b"SIGNATURE-----\nSHA256 (evil) = 66\n\n") % b"text",
        SIGNATURE,
        b"text\n",
    ],
)
def test_a_document_with_anything_else_in_it_has_no_text(document: bytes) -> None:
    assert text_in_clear(document) is None


def test_ends_of_lines_and_blanks_before_them_do_not_count() -> None:
    assert is_same_text(b"a  \r\nb\t\n", b"a\nb")
    assert not is_same_text(b"a\n\nb", b"a\nb")
    assert not is_same_text(b" a", b"a")

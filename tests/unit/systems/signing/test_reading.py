"""One plain good signature of the pinned key is good; whatever else gpg says is not."""

from itertools import combinations

import pytest

from relengotron.systems.signing.reading import OF_DATA, OF_TEXT, read_status

OWN, OTHER = "A" * 40, "B" * 40
NEW = "[GNUPG:] NEWSIG"
GOOD = "[GNUPG:] GOODSIG AAAAAAAAAAAAAAAA Somebody <x@example.org>"


def valid(*, key: str = OWN, version: str = "4", digest: str = "10", kind: str = OF_DATA, primary: str = OWN) -> str:
    return f"[GNUPG:] VALIDSIG {key} 2016-11-01 1478000000 0 {version} 0 22 {digest} {kind} {primary}"


def read(*lines: str, kind: str = OF_DATA) -> tuple[bool, str]:
    proof = read_status("\n".join(("gpg: words for people", *lines, "")), OWN, kind)
    return proof.is_good, proof.why


def test_one_good_signature_of_the_key_is_good() -> None:
    assert read(NEW, GOOD, valid()) == (True, f"signed by {OWN} on 2016-11-01")


def test_a_subkey_signs_for_its_primary_key() -> None:
    assert read(NEW, GOOD, valid(key=OTHER))[0]
    assert not read(NEW, GOOD, valid(key=OWN, primary=OTHER))[0]


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ((), "no signature"),
        ((NEW,), "no signature"),
        ((NEW, GOOD), "no signature"),
        ((NEW, valid()), "no signature"),
        ((NEW, "[GNUPG:] BADSIG AAAA x"), "not what was signed"),
        ((NEW, "[GNUPG:] EXPSIG AAAA x", valid()), "signature has expired"),
        ((NEW, "[GNUPG:] EXPKEYSIG AAAA x", valid()), "key has expired"),
        ((NEW, "[GNUPG:] REVKEYSIG AAAA x", valid()), "was revoked"),
        ((NEW, "[GNUPG:] ERRSIG AAAA 22 10 00 1 9 B"), "another key"),
        ((NEW, GOOD, valid(primary=OTHER)), "another key"),
        ((NEW, GOOD, valid(version="3")), "too weak"),
        ((NEW, GOOD, valid(digest="2")), "too weak"),
        ((NEW, GOOD, valid(digest="1")), "too weak"),
        ((NEW, GOOD, valid(kind=OF_TEXT)), "another kind"),
        ((NEW, GOOD, valid(), NEW, GOOD, valid()), "more than one"),
        ((NEW, GOOD, "[GNUPG:] VALIDSIG " + OWN), "less than it should"),
    ],
)
def test_everything_else_is_refused_with_its_reason(lines: tuple[str, ...], why: str) -> None:
    is_good, told = read(*lines)
    assert not is_good
    assert why in told


def test_no_mixture_of_what_gpg_may_say_is_good_but_the_good_one() -> None:
    said = [NEW, GOOD, valid(), valid(primary=OTHER), "[GNUPG:] BADSIG x y", "[GNUPG:] EXPSIG x y", "[GNUPG:] ERRSIG x"]
    good = [lines for size in range(5) for lines in combinations(said, size) if read(*lines)[0]]
    assert set(good) == {(NEW, GOOD, valid()), (GOOD, valid())}

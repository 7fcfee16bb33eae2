"""What do gpg's status lines say of a signature? Only one plain good signature of the pinned key is good."""

from collections.abc import Iterable, Sequence
from typing import Final

from relengotron.systems.signing.port import Proof

OF_DATA: Final = "00"
OF_TEXT: Final = "01"
"""The classes of signatures: over bytes, and over a text whose ends of lines do not count."""

_STRONG: Final = frozenset({"8", "9", "10"})
"""SHA-256, SHA-384 and SHA-512, by their numbers in OpenPGP."""
_BEGINNING: Final = "[GNUPG:] "
_REFUSALS: Final = {
    "BADSIG": "the content is not what was signed",
    "EXPSIG": "the signature has expired",
    "EXPKEYSIG": "the key has expired",
    "REVKEYSIG": "the key was revoked",
    "ERRSIG": "it cannot be checked: it is of another key, or of a kind that is not known",
}

Line = tuple[str, Sequence[str]]


def read_status(printed: str, fingerprint: str, kind: str) -> Proof:
    """What the lines say of a signature of this kind that should be by the key of this fingerprint."""
    lines = list(_lines(printed))
    words = [word for word, _ in lines]
    if words.count("NEWSIG") > 1:
        return Proof(False, "it is more than one signature")
    refusal = next((why for word, why in _REFUSALS.items() if word in words), None)
    if refusal is not None:
        return Proof(False, refusal)
    valid = [facts for word, facts in lines if word == "VALIDSIG"]
    if len(valid) != 1 or words.count("GOODSIG") != 1:
        return Proof(False, "there is no signature")
    return _weighed(valid[0], fingerprint, kind)


def _weighed(facts: Sequence[str], fingerprint: str, kind: str) -> Proof:
    if len(facts) < 10:
        return Proof(False, "gpg said of it less than it should")
    primary, version, digest, found_kind = facts[9], facts[4], facts[7], facts[8]
    if primary != fingerprint:
        return Proof(False, f"it is of another key: {primary}")
    if version == "3" or digest not in _STRONG:
        return Proof(False, f"it is too weak: version {version}, digest {digest}; SHA-256 or better is wanted")
    if found_kind != kind:
        return Proof(False, f"it is of another kind: {found_kind}")
    return Proof(True, f"signed by {primary} on {facts[1]}")


def _lines(printed: str) -> Iterable[Line]:
    for line in printed.splitlines():
        if line.startswith(_BEGINNING):
            word, *facts = line.removeprefix(_BEGINNING).split(" ")
            yield word, facts

"""What does a public key say of itself: is it the one that is meant, and until when is it good?"""

from datetime import UTC, datetime

from relengotron.errors import RequestRefused
from relengotron.systems.signing.port import KeyFacts

_KIND, _VALIDITY, _EXPIRES, _FINGERPRINT = 0, 1, 6, 9


def read_key(printed: str, fingerprint: str) -> KeyFacts:
    """The facts of the key of this fingerprint, in what ``gpg --show-keys --with-colons`` printed.

    Raises:
        RequestRefused: there is no such key.
    """
    primary: list[str] = []
    for fields in (line.split(":") for line in printed.splitlines()):
        match fields[_KIND]:
            case "pub":
                primary = fields
            case "fpr" if primary and fields[_FINGERPRINT] == fingerprint:
                expires = primary[_EXPIRES]
                until = datetime.fromtimestamp(int(expires), UTC) if expires.isdecimal() else None
                return KeyFacts(until, primary[_VALIDITY] == "r")
            case "fpr":
                primary = []  # what follows are subkeys
    raise RequestRefused(f"the public key file holds no primary key {fingerprint}")

"""In which ways can a message fail to prove who sent it?"""

from enum import StrEnum

from relengotron.errors import Untrusted


class Doubt(StrEnum):
    """What is counted together; the value is the ``kind`` of ``Untrusted``."""

    UNSIGNED = "unsigned"
    UNSUPPORTED = "unsupported signature"
    FORGED = "forged"
    UNTRUSTED_CERTIFICATE = "untrusted certificate"
    REVOKED = "revoked"
    EXPIRED = "expired"
    UNAUTHORISED = "unauthorised"
    NOT_HEARD = "not heard"
    NO_AUTHORITY = "no valid authority"

    def because(self, why: str, sender: str = "") -> Untrusted:
        """The refusal to raise; ``sender`` is the common name that signed it, where that is proven."""
        return Untrusted(self.value, why, sender, may_be_genuine=self in _MENDABLE)


_MENDABLE = frozenset({Doubt.EXPIRED, Doubt.UNAUTHORISED, Doubt.NO_AUTHORITY})
"""What somebody can put right, so that the message is believed after all."""

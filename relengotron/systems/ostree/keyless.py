"""What does a repo say of signatures for which no key is configured? Nothing is signed, and nothing is demanded."""


class Keyless:
    """The verbs about keys; ``SignedRepo`` has others for a repo with a key."""

    def sign(self, commit: str, ref: str) -> None:
        """A repo for which no key is configured is not signed."""

    def is_signed(self, commit: str, ref: str) -> bool:
        """Say whether clients of the ref take the commit's signatures; always where no key is configured."""
        return True

    def keys_of(self, ref: str) -> tuple[str, ...]:
        """No key is configured for this repo."""
        return ()

"""What happens when somebody refuses after bits have gone live? The run holds: the bits are right, and stay."""

from collections.abc import Iterator
from contextlib import contextmanager

from relengotron.errors import Permanent, SystemUnreachable


@contextmanager
def never_taken_back_for_it() -> Iterator[None]:
    """A refusal is told as trouble is: asked about again, then a person is called; it never ends the run."""
    try:
        yield
    except Permanent as refused:
        raise SystemUnreachable(f"readers cannot be told: {refused}") from refused

"""What does a build bring that was released upstream?"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class UpstreamNews:
    """A build brings this version, and it was found upstream then; ``before`` is what the target has until now."""

    package: str
    version: str
    found_at: datetime
    before: str | None = None
    url: str | None = None
    bug: int | None = None

    @property
    def sentence(self) -> str:
        """What people read, such as: update of bash from 4.3.42 to 4.3.43, found upstream on 2016-06-16."""
        came = f" from {self.before}" if self.before else ""
        return f"update of {self.package}{came} to {self.version}, found upstream on {self.found_at:%Y-%m-%d}"

    @property
    def in_full(self) -> str:
        """The sentence, with where to read more."""
        more = [*([self.url] if self.url else []), *([f"bug {self.bug}"] if self.bug else [])]
        return f"{self.sentence} ({', '.join(more)})" if more else self.sentence

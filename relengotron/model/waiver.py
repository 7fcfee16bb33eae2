"""What is a waiver? Somebody answers by name for what a test said, of one subject, for one product, for a time."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Waiver:
    """One waiver as it stands in the journal or in WaiverDB (``id`` says which: ``journal 7``, ``waiverdb 15``)."""

    id: str
    subject_type: str
    item: str
    testcase: str
    product_version: str
    who: str
    why: str
    at: datetime
    until: datetime | None = None
    scenario: str | None = None
    is_waived: bool = True
    withdrawn_at: datetime | None = None
    withdrawn_by: str | None = None
    run: str | None = None

    def is_active(self, now: datetime) -> bool:
        """Whether it stands at this moment: given, not withdrawn, not expired."""
        return self.is_waived and self.withdrawn_at is None and (self.until is None or now < self.until)

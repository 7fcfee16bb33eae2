"""What one push is asked to ship."""

from dataclasses import dataclass

from relengotron.model.lane import Lane


@dataclass(frozen=True, slots=True)
class Update:
    """One Bodhi update as the push knows it: its names, its weight and its builds (NVRs as text)."""

    alias: str
    title: str
    type: str
    builds: tuple[str, ...]

    @property
    def is_security(self) -> bool:
        """Whether users should get this one first."""
        return self.type == "security"


@dataclass(frozen=True, slots=True)
class Batch:
    """The updates asked for in one lane by one message; ``updates`` holds titles or aliases, unread yet."""

    lane: Lane
    updates: tuple[str, ...]
    agent: str
    trigger_msg_id: str
    security: bool = False
    content_type: str = "rpm"
    resume: bool = False

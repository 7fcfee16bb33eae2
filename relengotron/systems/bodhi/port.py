"""What do we ask of the service that updates come from?"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from relengotron.errors import RequestRefused
from relengotron.model.opinions import Opinions


@dataclass(frozen=True, slots=True)
class BodhiUpdate:
    """One update as Bodhi has it now."""

    alias: str
    title: str
    status: str
    request: str | None
    locked: bool
    release: str
    type: str
    severity: str
    builds: tuple[str, ...]
    url: str
    karma: int


@dataclass(frozen=True, slots=True)
class BodhiRelease:
    """One release with its Koji tags; a tag that the release has not is an empty text."""

    name: str
    version: str
    branch: str
    dist_tag: str
    stable_tag: str
    testing_tag: str
    candidate_tag: str
    pending_testing_tag: str
    pending_stable_tag: str
    pending_signing_tag: str
    state: str
    id_prefix: str


@dataclass(frozen=True, slots=True)
class Compose:
    """One push in flight: the updates of one release, request and content type."""

    release: str
    release_id: int | None
    request: str
    content_type: str
    security: bool
    state: str
    updates: tuple[str, ...]


class NotWelcome(RequestRefused):
    """Bodhi does not know who we are, or does not let us write."""


class Bodhi(Protocol):
    """Questions about updates, releases and pushes, what people say of them, and one effect: a comment."""

    def update(self, alias_or_title: str) -> BodhiUpdate | None:
        """One update by its alias, or by its title (comma-joined NVRs); None if Bodhi has none."""
        ...

    def updates(self, aliases_or_titles: Collection[str]) -> tuple[BodhiUpdate, ...]:
        """Those of them that Bodhi has, in the order asked, in as few requests as possible."""
        ...

    def updates_in(
        self, release: str, *, request: str | None = None, locked: bool | None = None
    ) -> tuple[BodhiUpdate, ...]:
        """Updates of one release, narrowed by request and lock."""
        ...

    def release(self, name: str) -> BodhiRelease | None:
        """One release by its name, such as ``F27``."""
        ...

    def release_by_id(self, release_id: int) -> BodhiRelease | None:
        """One release by the number that composer messages name."""
        ...

    def composes(self) -> tuple[Compose, ...]:
        """Every push in flight."""
        ...

    def opinions(self, aliases: Collection[str]) -> tuple[Opinions, ...]:
        """What is said of those of these updates that Bodhi has, in as few requests as possible."""
        ...

    def can_comment(self) -> bool:
        """Whether the configuration says as whom; whether Bodhi agrees is known when it is tried."""
        ...

    def has_comment(self, alias: str, marker: str) -> bool:
        """Whether the update has a comment that holds this marker."""
        ...

    def comment(self, alias: str, text: str, marker: str) -> None:
        """The update has a comment that holds this marker; it is written only if none has it yet."""
        ...

    def identity(self) -> str:
        """Which server this is."""
        ...

"""What is to be planned, as somebody typed it, and with what it is planned."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from relengotron.bootstrap import now, planner
from relengotron.cli.exits import Exit, Refusal
from relengotron.cli.surroundings import Surroundings
from relengotron.cli.waiting import told_after_a_while
from relengotron.engine.journal.database import Database
from relengotron.errors import MalformedInput, SettingsError
from relengotron.messages import names
from relengotron.messages.incoming.relengotron import push_requested
from relengotron.messages.limits import plain_json
from relengotron.model.events import Ignored, PushRequested
from relengotron.model.push_plan import PushPlan
from relengotron.sdk.discovery import discover
from relengotron.settings import Settings
from relengotron.systems.looking import world_to_look_at
from relengotron.systems.world import World
from relengotron.workflows import planning_lanes
from relengotron.workflows.planning_lanes import Wanted

NO_JOURNAL: Final = "sqlite:///:memory:"
"""Where no daemon has ever run there is no history, and looking does not begin one."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody typed; at most one of the first three is filled."""

    updates: tuple[str, ...]
    builds: tuple[str, ...]
    batch: bytes | None
    releases: tuple[str, ...]
    request: str | None

    def lanes(self, world: World, settings: Settings) -> tuple[list[Wanted], list[str]]:
        """Which lanes that is about, and what belongs to none."""
        wanted, left_out = self._of_every_request(world, settings)
        if self.request is None:
            return wanted, left_out
        others = [each.batch.lane for each in wanted if each.batch.lane.request != self.request]
        left_out = [*left_out, *(f"{lane}: it is not asked for here" for lane in others if self._names_something)]
        return [each for each in wanted if each.batch.lane not in others], left_out

    @property
    def _names_something(self) -> bool:
        return bool(self.updates or self.builds or self.batch is not None)

    def _of_every_request(self, world: World, settings: Settings) -> tuple[list[Wanted], list[str]]:
        if self.batch is not None:
            return planning_lanes.asked_for(_request_in(self.batch), self.releases, world, settings)
        if self.updates:
            return planning_lanes.named(self.updates, self.releases, world, settings)
        if self.builds:
            _refuse_what_is_no_build(self.builds)
            return planning_lanes.with_builds(self.builds, self.releases, self.request, world, settings)
        return planning_lanes.pending(self.releases, world, settings), []


def planned(surroundings: Surroundings, asked: Asked) -> PushPlan:
    """The plan; who waits for it longer than a moment is told what is looked at."""
    settings, plugins = surroundings.settings(), discover()
    settings.check_plugin_settings({kind: plugin.settings for kind, plugin in plugins.by_kind.items()})
    for release in asked.releases:
        settings.release(release)
    world = world_to_look_at(settings)
    with journal_or_none(surroundings) as database, told_after_a_while() as progress:
        progress("asking Bodhi")
        wanted, left_out = asked.lanes(world, settings)
        return planner(settings, world, plugins, database, now, progress).plan(wanted, left_out)


@contextmanager
def journal_or_none(surroundings: Surroundings) -> Iterator[Database]:
    """The journal, or an empty one in memory where there is none yet."""
    if surroundings.has_journal():
        with surroundings.journal() as database:
            yield database
        return
    database = Database(NO_JOURNAL)
    try:
        yield database
    finally:
        database.close()


def _request_in(written: bytes) -> PushRequested:
    try:
        body = plain_json(written.decode())
        if not isinstance(body, dict):
            raise MalformedInput("it is no JSON object")
        asked = push_requested(body)
    except (UnicodeDecodeError, MalformedInput) as refused:
        raise Refusal(f"the batch is no body of relengotron.push.request: {refused}", Exit.USAGE) from refused
    if isinstance(asked, Ignored):
        raise Refusal(f"there is nothing to plan: {asked.reason}", Exit.NO)
    return asked


def _refuse_what_is_no_build(builds: tuple[str, ...]) -> None:
    strangers = [build for build in builds if not names.is_nvr(build)]
    if strangers:
        raise SettingsError(f"no name-version-release: {strangers[0]!r}")

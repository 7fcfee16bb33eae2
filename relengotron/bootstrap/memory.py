"""What time is it, and what does the daemon remember of what PDC said?"""

from datetime import UTC, datetime

from relengotron.decisions import remembering
from relengotron.engine.attempt import Clock
from relengotron.engine.journal.database import Database
from relengotron.engine.relations import RelationIndex
from relengotron.settings import Settings
from relengotron.systems.world import World


def now() -> datetime:
    """The time of this machine, aware."""
    return datetime.now(UTC)


def relation_index(settings: Settings, world: World, database: Database, clock: Clock = now) -> RelationIndex:
    """What PDC said, kept in the journal, and PDC to ask for the rest."""
    return RelationIndex(database, world.pdc, clock, memory(settings))


def memory(settings: Settings) -> remembering.Habits:
    """How long an answer of PDC is good for."""
    said = settings.systems.pdc
    return remembering.Habits(fresh_for=said.index_fresh_for, usable_for=said.index_usable_for)

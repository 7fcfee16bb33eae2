"""How times are kept: aware datetimes in the house, epoch seconds on disk."""

from datetime import UTC, datetime


def stamp(moment: datetime) -> float:
    """The moment as epoch seconds."""
    return moment.timestamp()


def moment(stamp: float) -> datetime:
    """The epoch seconds as an aware UTC time."""
    return datetime.fromtimestamp(stamp, UTC)


def moment_or_none(stamp: float | None) -> datetime | None:
    """The same for a time that may not have come yet."""
    return None if stamp is None else moment(stamp)

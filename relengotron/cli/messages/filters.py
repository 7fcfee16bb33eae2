"""Which messages does a person mean: by topic, time, reason and sender?"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import click

from relengotron.cli.surroundings import now
from relengotron.settings.kinds import duration

F = TypeVar("F", bound=Callable[..., Any])


class Moment(click.ParamType[datetime]):
    """A time: how long ago, such as ``2h``, or ISO 8601; without a zone it is UTC."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The moment that was meant."""
        try:
            return now() - duration(value)
        except ValueError:
            return self._written(str(value), param, ctx)

    def _written(self, text: str, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            read = datetime.fromisoformat(text)
        except ValueError:
            self.fail(f"{text!r} is neither how long ago, such as 30m, 2h or 7d, nor 2016-06-01T12:00", param, ctx)
        return read if read.tzinfo is not None else read.replace(tzinfo=UTC)


def narrowing(*names_of_reason: str) -> Callable[[F], F]:
    """The options that narrow a list of messages; they are named as the fields of ``Wanted``."""
    options = (
        click.option("--topic", metavar="PREFIX", help="Only topics that begin so, such as bodhi.masher."),
        click.option("--since", metavar="TIME", type=Moment(), help="Came in since then: 2h, or 2016-06-01T12:00."),
        click.option("--until", metavar="TIME", type=Moment(), help="Came in until then."),
        click.option(
            *names_of_reason, metavar="TEXT", help="Only those that were put aside for a reason with this text."
        ),
        click.option("--sender", metavar="CN", help="Only those that this certificate signed."),
    )

    def put_on(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return put_on

"""When does the daemon do what a person has just asked for? Soon, or not before somebody starts it."""

from relengotron.cli import page
from relengotron.cli.surroundings import Surroundings
from relengotron.engine.sole import is_held
from relengotron.errors import RelengError


def say_when(surroundings: Surroundings, look: str, does: str = "takes it up") -> None:
    """Say it after the wish was stored, and what to ``look`` at then."""
    when = f"{does} within seconds"
    if not _is_up(surroundings):
        when = f"is down: it {does} when it is started"
    page.say(f"The daemon {when}; {look}")


def _is_up(surroundings: Surroundings) -> bool:
    """Where nobody can tell, as usual: what was asked for is stored, and this must not sound as if it were not."""
    try:
        return is_held(surroundings.settings().journal.url)
    except RelengError:
        return True

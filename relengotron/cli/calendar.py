"""``relengotron calendar``: what is done again and again, when, what it would do now, and a word to do it now."""

import click

from relengotron.cli import orders, page
from relengotron.cli.agenda import Entry, agenda, for_programs, rows
from relengotron.cli.exits import Exit, Refusal
from relengotron.cli.surroundings import Surroundings, now
from relengotron.cli.taken_up import say_when
from relengotron.cli.who import person


class CalendarCommands(click.Group):
    """Alone it lists."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """``relengotron calendar`` and ``relengotron calendar --json`` list."""
        is_about_the_group = bool(args) and (args[0] in ctx.help_option_names or not args[0].startswith("-"))
        return super().parse_args(ctx, args if is_about_the_group else ["list", *args])


@click.group(cls=CalendarCommands)
def calendar() -> None:
    """List what is done again and again, say what it would do now, or have it done now.

    Without a command it lists.
    """


@calendar.command("list")
@click.option("--json", "json_wanted", is_flag=True, help="For programs: the same as JSON.")
@click.pass_obj
def list_entries(surroundings: Surroundings, json_wanted: bool) -> None:
    """List every appointment: how often, when next, and which run was the last."""
    at, entries = now(), _entries(surroundings)
    if json_wanted:
        page.as_json(for_programs(entries))
        return
    page.columns(("NAME", "WHAT", "HOW OFTEN", "NEXT", "LAST"), rows(entries, at))
    if not entries:
        page.say("none: the calendar in relengotron.yaml is empty")


@calendar.command("plan")
@click.argument("name")
@click.option("--json", "json_wanted", is_flag=True, help="For programs: the same as JSON.")
@click.pass_obj
def plan(surroundings: Surroundings, name: str, json_wanted: bool) -> None:
    """Say what NAME would do now, each change a line; nothing is changed."""
    from relengotron.systems.world import ostree_of  # slow to import, as the workflows are; a list needs none
    from relengotron.workflows.trees.appointments import foreseen

    settings = surroundings.settings()
    said = next((each for each in settings.calendar if each.name == name), None)
    if said is None:
        raise _unknown(name, [each.name for each in settings.calendar])
    effects = list(foreseen(said, ostree_of(settings), settings.systems.ostree, now))
    if json_wanted:
        page.as_json({"name": name, "repo": str(said.trees.repo), "effects": effects})
        return
    page.say(f"{name}: {said.workflow} {said.trees.repo}", bold=True)
    for line in effects:
        page.say(f"  - {line}")
    if not effects:
        page.say("  nothing to do")


@calendar.command("run")
@click.argument("name")
@click.pass_obj
def run_now(surroundings: Surroundings, name: str) -> None:
    """Have NAME done now; the next time it is done as it stands in the calendar.

    The wish is stored and recorded with your name; the daemon takes it up within seconds.
    """
    entries = _entries(surroundings)
    entry = next((each for each in entries if each.said.name == name), None)
    if entry is None:
        raise _unknown(name, [each.said.name for each in entries])
    _refuse_in_vain(entry)
    with surroundings.journal() as database:
        orders.store(surroundings, database, "appointment", [{"appointment": name, "agent": person()}])
    page.say(f"Asked to do {name} now.")
    say_when(surroundings, "look: relengotron calendar")


def _entries(surroundings: Surroundings) -> list[Entry]:
    settings = surroundings.settings()
    with surroundings.journal() as database, database.read() as db:
        return list(agenda(db, settings, now()))


def _refuse_in_vain(entry: Entry) -> None:
    if entry.known is None:
        text = f"the running daemon does not know {entry.said.name}: it read the configuration before it was added"
        raise Refusal(f"{text}. Try: systemctl restart relengotron", Exit.NO)
    if entry.is_going_on and entry.last is not None:
        state = page.state_in_words(entry.last.state)
        text = f"{entry.last.id} does it already ({state}); look: relengotron runs show {entry.last.id}"
        raise Refusal(text, Exit.NO)


def _unknown(name: str, known: list[str]) -> Refusal:
    return Refusal(f"{name!r} is not in the calendar; there are: {', '.join(known) or 'none'}", Exit.NOT_FOUND)

"""``relengotron quarantine``: which builds are there, why and for how long; let one out, test it again, or drop it."""

from collections.abc import Callable, Iterable, Iterator

import click

from relengotron.cli import orders, page
from relengotron.cli.exits import Exit, Refusal
from relengotron.cli.gates.find import the_gate
from relengotron.cli.gates.stays import Stay, stays, the_stay
from relengotron.cli.surroundings import Surroundings, now
from relengotron.cli.taken_up import say_when
from relengotron.cli.who import person
from relengotron.model.gated import WayOut

_HINT = "out of it: relengotron quarantine release|retry|drop NVR --reason TEXT"
_TOLD = {
    WayOut.RELEASE: "It goes back to the pending tag and its tests start again.",
    WayOut.RETRY: "It stays where it is while its tests start again; when they pass, it is released by itself.",
    WayOut.DROP: "It is taken out of the tags of the gate; nothing of it is deleted.",
}


@click.group()
def quarantine() -> None:
    """Builds that failed at a gate: who must act, for how long; let one out, test it again, or drop it."""


def _wish(command: Callable[..., None]) -> Callable[..., None]:
    """What every wish takes: which build, at which gate, and why."""
    why = click.option("--reason", required=True, metavar="TEXT", help="Why; it is recorded and told with your name.")
    where = click.option("--gate", metavar="GATE", help="Needed only where the build is in quarantine at several.")
    return click.argument("nvr")(where(why(click.pass_obj(command))))


@quarantine.command("list")
@click.option("--gate", metavar="GATE", help="Only of this gate.")
@click.option("--json", "json_wanted", is_flag=True, help="For programs: the same as JSON.")
@click.pass_obj
def list_quarantine(surroundings: Surroundings, gate: str | None, json_wanted: bool) -> None:
    """List every build in quarantine, the longest stay first: why, whose it is, and when people are reminded next."""
    settings = surroundings.settings()
    if gate is not None:
        the_gate(settings, gate)
    with surroundings.journal() as database, database.read() as db:
        found = [each for each in stays(db, settings.gates) if gate in (None, each.build.gate)]
    if json_wanted:
        page.as_json([_for_programs(each) for each in found])
    elif not found:
        page.say("Nothing is in quarantine.")
    else:
        page.columns(("GATE", "BUILD", "PACKAGER", "FOR", "REMINDED NEXT", "WHY"), _rows(found))
        page.say(f"\n{_HINT}")


@quarantine.command()
@_wish
def release(surroundings: Surroundings, nvr: str, gate: str | None, reason: str) -> None:
    """Let NVR come to the gate once more: it moves back, and its tests start again.

    The wish is stored and recorded with your name; the daemon takes it up within seconds. The first wish counts.

    Exit status 1: it is not in quarantine, or somebody was faster; 3: no gate knows it.
    """
    _give(surroundings, nvr, gate, WayOut.RELEASE, reason)


@quarantine.command()
@_wish
def retry(surroundings: Surroundings, nvr: str, gate: str | None, reason: str) -> None:
    """Have the tests of NVR run again while it stays in quarantine; when they pass, it is released by itself.

    The wish is stored and recorded with your name; the daemon takes it up within seconds.

    Exit status 1: it is not in quarantine, or no test put it there; 3: no gate knows it.
    """
    _give(surroundings, nvr, gate, WayOut.RETRY, reason)


@quarantine.command()
@_wish
def drop(surroundings: Surroundings, nvr: str, gate: str | None, reason: str) -> None:
    """Take NVR out of quarantine for good; the build itself stays in Koji.

    The wish is stored and recorded with your name; the daemon takes it up within seconds. The first wish counts.

    Exit status 1: it is not in quarantine, or somebody was faster; 3: no gate knows it.
    """
    _give(surroundings, nvr, gate, WayOut.DROP, reason)


def _give(surroundings: Surroundings, nvr: str, gate: str | None, way: WayOut, reason: str) -> None:
    settings = surroundings.settings()
    with surroundings.journal() as database:
        with database.read() as db:
            stay = the_stay(db, settings.gates, nvr, gate)
        the_gate(settings, stay.build.gate)  # where nobody has configured it any more nothing would come of it
        _refuse(stay, way)
        name = stay.build.gate
        body = {"gate": name, "agent": person(), "build": nvr, "way": str(way), "reason": reason}
        orders.store(surroundings, database, "quarantine", [body])
    page.say(f"Asked to {way} {nvr}, in quarantine at gate {name} for {page.length(now() - stay.build.since)}.")
    page.say(_TOLD[way])
    say_when(surroundings, f"look: relengotron explain {nvr}")


def _refuse(stay: Stay, way: WayOut) -> None:
    nvr, wish = stay.build.nvr, stay.leaving
    if wish is not None:
        raise Refusal(f"{wish.who} wanted to {wish.way} {nvr} before: {wish.why}", Exit.NO)
    if way is WayOut.RETRY and not stay.testcases:
        text = f"no test put {nvr} into quarantine, so none can be tried again: {stay.build.reason}"
        raise Refusal(f"{text}\nTo let it come to the gate once more: {stay.command(WayOut.RELEASE)}", Exit.NO)


def _rows(found: Iterable[Stay]) -> Iterator[tuple[str, ...]]:
    at = now()
    for each in found:
        build = each.build
        reminded = "" if each.reminded_at is None else page.clock(each.reminded_at, at)
        packager = build.owner or f"unknown; {each.who or 'nobody yet'}"
        yield build.gate, build.nvr, packager, page.length(at - build.since), reminded, build.reason


def _for_programs(stay: Stay) -> dict[str, object]:
    build = stay.build
    return {
        "gate": build.gate,
        "nvr": build.nvr,
        "package": build.package,
        "packager": build.owner,
        "who": stay.who,
        "reason": build.reason,
        "testcases": list(stay.testcases),
        "since": build.since.isoformat(),
        "tries": build.tries,
        "reminded_next": None if stay.reminded_at is None else stay.reminded_at.isoformat(),
        "run": stay.run,
    }

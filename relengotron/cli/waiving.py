"""``relengotron waive``: a person answers by name for what a test says, until some time or for good."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import click
from sqlalchemy import Connection

from relengotron.cli import moments, orders, page
from relengotron.cli.exits import Exit, Refusal
from relengotron.cli.find import the_run
from relengotron.cli.surroundings import Surroundings, now
from relengotron.cli.taken_up import say_when
from relengotron.cli.who import person
from relengotron.decisions import waiving
from relengotron.engine.journal import evidence, waivers
from relengotron.model.codec import from_json
from relengotron.model.gate import GATE, GateAnswer, Reason, Requirement
from relengotron.model.run import Run
from relengotron.model.waiver import Waiver
from relengotron.systems.waiverdb.port import WaiverDb
from relengotron.systems.world import open_waiverdb_to_write


@click.command()
@click.argument("what", metavar="RUN|ARTIFACT")
@click.argument("testcase")
@click.option("--reason", required=True, metavar="TEXT", help="Why; it is recorded with your name.")
@click.option("--until", metavar="TIME", help="Until when, such as 2h, 3d or 2016-11-01T12:00:00Z; else for good.")
@click.option("--withdraw", is_flag=True, help="Take back every waiver of this test, whoever gave it.")
@click.option("--also-waiverdb", is_flag=True, help="Tell WaiverDB too, for others who ask it; for good only.")
@click.pass_obj
def waive(
    surroundings: Surroundings,
    what: str,
    testcase: str,
    reason: str,
    until: str | None,
    withdraw: bool,
    also_waiverdb: bool,
) -> None:
    """Answer for TESTCASE, of everything in RUN that it keeps, or of one ARTIFACT, update or build.

    The waiver holds for exactly these bits, not for what is composed later. When its time is over before they are
    live, the gate is shut again.

    The wish is stored and recorded with your name; the daemon takes it up within seconds.
    """
    if withdraw and until is not None:
        raise click.UsageError("--withdraw takes back at once: leave out --until")
    if also_waiverdb and until is not None:
        raise click.UsageError("WaiverDB knows no end of a waiver: leave out --until or --also-waiverdb")
    ends = None if until is None else moments.until(until, now())
    waiverdb = _waiverdb(surroundings) if also_waiverdb else None
    with surroundings.journal() as database:
        with database.read() as db:
            run, name = _meant(db, what)
            answer = _answer(db, run)
            wanted = _wanted(answer, testcase, name, withdraw)
            wanted = wanted if withdraw else _not_waived_yet(db, wanted, answer, ends)
        about = [_body(run, each, reason) for each in wanted]
        more = {"product_version": answer.product_version, "until": None if ends is None else ends.isoformat()}
        bodies = [body | more | {"scenario": each.scenario} for body, each in zip(about, wanted, strict=True)]
        orders.store(surroundings, database, "unwaive" if withdraw else "waive", about if withdraw else bodies)
    for each in wanted:
        page.say(_told(each, ends, withdraw))
    if waiverdb is not None:
        for each in wanted:
            page.say(f"WaiverDB has it as {waiverdb.give(_as_there(each, answer, reason, withdraw))}.")
    say_when(surroundings, f"look: relengotron explain {run.id}")


def _waiverdb(surroundings: Surroundings) -> WaiverDb:
    found = open_waiverdb_to_write(surroundings.settings())
    if found is None:
        raise Refusal("systems.waiverdb.token_file is not set: nothing was stored", Exit.USAGE)
    return found


def _as_there(requirement: Requirement, answer: GateAnswer, reason: str, withdraw: bool) -> Waiver:
    """In the name of the person behind the account, so that it counts as the same one as here."""
    return _waiver(requirement, answer, reason, None, is_waived=not withdraw)


def _waiver(
    requirement: Requirement, answer: GateAnswer, reason: str, ends: datetime | None, *, is_waived: bool = True
) -> Waiver:
    return Waiver(
        id="",
        subject_type=requirement.type,
        item=requirement.item,
        testcase=requirement.testcase,
        product_version=answer.product_version,
        who=waiving.person_of(person()),
        why=reason,
        at=now(),
        until=ends,
        scenario=requirement.scenario,
        is_waived=is_waived,
    )


def _meant(db: Connection, what: str) -> tuple[Run, str | None]:
    """The run, and the one subject that was named, if it was not the run."""
    found = (evidence.newest_run_about(db, kind, what) for kind in ("artifact", "update", "build"))
    newest = next((run for run in found if run is not None), None)
    return the_run(db, newest or what), what if newest is not None else None


def _answer(db: Connection, run: Run) -> GateAnswer:
    kept = [each for each in evidence.of_run(db, run.id) if each.subject_kind == GATE]
    if not kept:
        raise Refusal(f"{run.id}: its gate was not asked yet: there is nothing to waive", Exit.NO)
    return from_json(GateAnswer, dict(kept[-1].facts))


def _wanted(answer: GateAnswer, testcase: str, name: str | None, withdraw: bool) -> Sequence[Requirement]:
    about = [each for each in answer.reasons if name in (None, each.requirement.artifact)]
    named = [each for each in about if each.requirement.testcase == testcase]
    if not named:
        raise Refusal(f"no requirement is called {testcase!r}. There are:\n{_listed(about)}", Exit.NOT_FOUND)
    wanted = [each for each in named if withdraw or each.state not in waiving.NOT_TO_BE_WAIVED]
    if not wanted:
        raise Refusal("\n".join(f"{each}: that is not to be waived" for each in named), Exit.NO)
    return [each.requirement for each in wanted]


def _not_waived_yet(
    db: Connection, wanted: Sequence[Requirement], answer: GateAnswer, ends: datetime | None
) -> Sequence[Requirement]:
    """What the same person has not waived until the same time: a second waiver would say nothing new.

    Raises:
        Refusal: nothing of it is left.
    """
    given = waivers.of_items(db, {each.item for each in wanted})
    left = [each for each in wanted if not waiving.is_repeated(_waiver(each, answer, "", ends), given, now())]
    if not left:
        told = "\n".join(f"you answer for {each} already" for each in wanted)
        raise Refusal(f"{told}\nLook: relengotron waivers; to take it back: --withdraw", Exit.NO)
    return left


def _listed(reasons: Iterable[Reason]) -> str:
    return "\n".join(f"  {each}" for each in reasons) or "  none"


def _body(run: Run, requirement: Requirement, reason: str) -> dict[str, Any]:
    return {
        "run": run.id,
        "agent": person(),
        "subject_type": requirement.type,
        "item": requirement.item,
        "testcase": requirement.testcase,
        "reason": reason,
    }


def _told(requirement: Requirement, ends: datetime | None, withdraw: bool) -> str:
    if withdraw:
        return f"Asked to withdraw the waivers of {requirement}."
    until = "" if ends is None else f" until {page.clock(ends, now())}"
    need = requirement.waivers_need
    people = f" It needs {need} different people." if need > 1 else ""
    return f"Asked to waive {requirement}{until}.{people}"

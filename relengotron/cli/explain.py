"""``relengotron explain``: why was this composed, skipped, ejected, held or published?"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click
from sqlalchemy import Connection

from relengotron.cli import ladder, page, ways_on
from relengotron.cli.details import Details, details, headline, subject
from relengotron.cli.exits import Exit, Refusal
from relengotron.cli.find import the_run
from relengotron.cli.surroundings import Surroundings, now
from relengotron.engine.journal import evidence, gated, runs
from relengotron.model.codec import to_json
from relengotron.model.gated import gate_of_lane

_TOLD: Final = frozenset({
    "rungs", "packages", "kind", "identity", "koji_task_id", "tests", "target", "url", "ref", "path", "rung", "says",
    "reasons", "builds", "text", "states",
})  # fmt: skip
"""Facts that the sentence beside them has told already."""
TOLD_FIRST: Final = ("artifact", "update", "build")
"""What people mean by a name, whatever else is noted under it (the invitation of an update)."""


@click.command()
@click.argument("run")
@click.argument("artifact", required=False)
@click.option(
    "--against",
    metavar="PLAN.json",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Compare what RUN did with this plan, as relengotron plan --json wrote it.",
)
@click.option("--json", "json_wanted", is_flag=True, help="For programs: the same as JSON.")
@click.pass_obj
def explain(
    surroundings: Surroundings, run: str, artifact: str | None, against: Path | None, json_wanted: bool
) -> None:
    """Say why RUN stands where it stands, or tell the story of one ARTIFACT, update or build of it.

    With the name of an artifact, update or build alone: its story in the newest run that knows of it.

    With --against, exit status 1: a difference between plan and run has no reason that is known.
    """
    if against is not None:
        if artifact is not None:
            raise click.UsageError("--against compares the whole run: leave out the artifact")
        from relengotron.cli.against import show

        show(surroundings, run, against, json_wanted=json_wanted)
        return
    if artifact is None and _is_at_a_gate(surroundings, run):
        from relengotron.cli.gates.showing import tell

        tell(surroundings, run, json_wanted=json_wanted)
        return
    with surroundings.journal() as database, database.read() as db:
        newest = None if artifact is not None else _newest_about(db, run)
        known = details(db, the_run(db, newest or run))
    if newest is not None:
        _explain_subject(known, run, now(), json_wanted)
    elif artifact is None:
        _explain_run(known, now(), json_wanted)
    else:
        _explain_subject(known, artifact, now(), json_wanted)


def _is_at_a_gate(surroundings: Surroundings, name: str) -> bool:
    """Whether this is a build that came to a gate, and no push knows more of it."""
    with surroundings.journal() as database, database.read() as db:
        newest = _newest_about(db, name)
        run = None if newest is None else runs.find(db, newest)
        return bool(gated.named(db, name)) and (run is None or gate_of_lane(run.lane) is not None)


def _newest_about(db: Connection, name: str) -> str | None:
    found = (evidence.newest_run_about(db, kind, name) for kind in TOLD_FIRST)
    return next((run for run in found if run is not None), None)


def _explain_run(known: Details, at: datetime, json_wanted: bool) -> None:
    if json_wanted:
        commands = ways_on.at_the_gate(known)
        subjects = [to_json(each) for each in known.newest()]
        page.as_json({"run": to_json(known.run), "subjects": subjects, "commands": commands})
        return
    headline(known.run, at)
    decided = {each.subject: each for each in known.evidence if each.state == "affected"}
    for item in known.newest():
        page.say(f"  {item.subject_kind} {subject(item)}", state=item.state)
        if decided.get(item.subject, item) is not item:
            page.say(f"    because: {decided[item.subject].reason}")
    commands = ways_on.at_the_gate(known)
    if commands:
        page.say("What leads on:", bold=True)
    for command in commands:
        page.say(f"  {command}")
    if not known.evidence:
        page.say("  Nothing has been decided about any update or artifact yet.")


def _explain_subject(known: Details, name: str, at: datetime, json_wanted: bool) -> None:
    subjects = list(dict.fromkeys(each.subject for each in known.evidence))
    chosen = name if name in subjects else _only_one([each for each in subjects if name in each])
    if chosen is None:
        listed = "\n".join(f"  {each}" for each in subjects) or "  nothing yet"
        raise Refusal(f"{known.run.id} knows nothing of {name!r}. It knows of:\n{listed}", Exit.NOT_FOUND)
    story = [each for each in known.evidence if each.subject == chosen]
    changes = [each for each in known.effects if chosen in each.key.split() or chosen in each.what.split()]
    if json_wanted:
        page.as_json({"evidence": [to_json(each) for each in story], "effects": [to_json(each) for each in changes]})
        return
    head = next((each for each in reversed(story) if each.subject_kind in TOLD_FIRST), story[-1])
    page.say(f"{head.subject_kind} {subject(head)}", state=head.state, bold=True)
    page.say(f"  in {known.run.id}, {known.run.lane}, opened by message {known.run.trigger_msg_id}")
    told = [each for each in known.messages if each.body.get("artifact") == chosen]
    lines = [(each.at, f"{each.state}: {each.reason}", list(_facts(each.facts))) for each in story]
    lines += [(each.intended_at, f"changed outside: {each.what}", []) for each in changes]
    lines += [(each.written_at, f"told: {each.topic}, message {each.msg_id}", []) for each in told]
    for moment, text, facts in sorted(lines, key=lambda line: line[0]):
        page.say(f"  {page.clock(moment, at)}  {text}")
        for fact in facts:
            page.say(f"      {fact}")


def _only_one(found: list[str]) -> str | None:
    return found[0] if len(found) == 1 else None


def _facts(facts: Mapping[str, Any]) -> Iterator[str]:
    if ladder.is_ladder(facts):
        yield from ladder.lines(facts)
    plain = {key: value for key, value in facts.items() if key not in _TOLD and value not in (None, False, "", [], {})}
    if plain:
        yield ", ".join(f"{key.replace('_', ' ')} {_in_words(value)}" for key, value in plain.items())


def _in_words(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {each}" for key, each in value.items())
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "yes" if value is True else str(value)

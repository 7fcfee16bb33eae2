"""``relengotron explain``: why was this composed, skipped, ejected, held or published?"""

from datetime import datetime

import click

from relengotron.cli import page
from relengotron.cli.details import Details, details, headline, subject
from relengotron.cli.exits import Exit, Refusal
from relengotron.cli.find import the_run
from relengotron.cli.surroundings import Surroundings, now
from relengotron.model.codec import to_json


@click.command()
@click.argument("run")
@click.argument("artifact", required=False)
@click.option("--json", "json_wanted", is_flag=True, help="For programs: the same as JSON.")
@click.pass_obj
def explain(surroundings: Surroundings, run: str, artifact: str | None, json_wanted: bool) -> None:
    """Say why RUN stands where it stands, or tell the story of one ARTIFACT, update or build of it."""
    with surroundings.journal() as database, database.read() as db:
        known = details(db, the_run(db, run))
    if artifact is None:
        _explain_run(known, now(), json_wanted)
    else:
        _explain_subject(known, artifact, now(), json_wanted)


def _explain_run(known: Details, at: datetime, json_wanted: bool) -> None:
    if json_wanted:
        page.as_json({"run": to_json(known.run), "subjects": [to_json(each) for each in known.newest()]})
        return
    headline(known.run, at)
    for item in known.newest():
        page.say(f"  {item.subject_kind} {subject(item)}", state=item.state)
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
    page.say(f"{story[-1].subject_kind} {subject(story[-1])}", state=story[-1].state, bold=True)
    page.say(f"  in {known.run.id}, {known.run.lane}")
    lines = [(each.at, f"{each.state}: {each.reason}", _facts(each.facts)) for each in story]
    lines += [(each.intended_at, f"changed outside: {each.what}", "") for each in changes]
    for moment, text, facts in sorted(lines, key=lambda line: line[0]):
        page.say(f"  {page.clock(moment, at)}  {text}")
        if facts:
            page.say(f"      {facts}")


def _only_one(found: list[str]) -> str | None:
    return found[0] if len(found) == 1 else None


def _facts(facts: object) -> str:
    if not isinstance(facts, dict):
        return ""
    return ", ".join(
        f"{key.replace('_', ' ')} {value}" for key, value in facts.items() if value not in (None, "", [], {})
    )

"""``relengotron doctor``: is everything there that a push needs?"""

from typing import Any

import click

from relengotron.bootstrap import examine
from relengotron.cli import page
from relengotron.cli.exits import Exit, Refusal
from relengotron.cli.surroundings import Surroundings
from relengotron.examination.finding import Finding
from relengotron.model.codec import to_json


@click.command()
@click.option("--json", "json_wanted", is_flag=True, help="For programs: the same as JSON.")
@click.pass_obj
def doctor(surroundings: Surroundings, json_wanted: bool) -> None:
    """Ask every outside service: reachable, which version, logged in, allowed to do what we need.

    Each red line says what to do. A note says what differs and stops no push; it does not change the exit status.
    """
    findings = []
    told: list[dict[str, Any]] = []
    for finding in examine(surroundings.settings(examine_secrets=True)):
        findings.append(finding)
        told.append(to_json(finding))
        if not json_wanted:
            _show(finding)
    if json_wanted:
        page.as_json(told)
    red = sum(not finding.ok for finding in findings)
    if red:
        raise Refusal(f"{red} of {len(findings)} are red", Exit.NO)


def _show(finding: Finding) -> None:
    if not finding.ok:
        mark, state = "RED ", "failed"
    elif finding.is_note:
        mark, state = "note", "held"
    else:
        mark, state = "ok  ", "done"
    page.say(f"{mark} {finding.name}: {finding.fact}", state=state)
    if finding.remedy:
        page.say(f"     do: {finding.remedy}")

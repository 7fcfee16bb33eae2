"""``relengotron doctor``: is everything there that a push needs?"""

from typing import Any

import click

from relengotron.bootstrap import examine
from relengotron.cli import page
from relengotron.cli.exits import Exit, Refusal
from relengotron.cli.surroundings import Surroundings


@click.command()
@click.option("--json", "json_wanted", is_flag=True, help="For programs: the same as JSON.")
@click.pass_obj
def doctor(surroundings: Surroundings, json_wanted: bool) -> None:
    """Ask every outside service: reachable, which version, logged in, allowed to do what we need.

    Each red line says what to do.
    """
    findings = []
    told: list[dict[str, Any]] = []
    for finding in examine(surroundings.settings(examine_secrets=True)):
        findings.append(finding)
        told.append({"name": finding.name, "ok": finding.ok, "fact": finding.fact, "remedy": finding.remedy})
        if not json_wanted:
            page.say(f"{'ok ' if finding.ok else 'RED'}  {finding.name}: {finding.fact}", state=_state(finding.ok))
            if not finding.ok and finding.remedy:
                page.say(f"     do: {finding.remedy}")
    if json_wanted:
        page.as_json(told)
    red = sum(not finding.ok for finding in findings)
    if red:
        raise Refusal(f"{red} of {len(findings)} are red", Exit.NO)


def _state(ok: bool) -> str:
    return "done" if ok else "failed"

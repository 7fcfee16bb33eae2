"""What can a person type at a shut gate? Every command that leads on, exactly."""

from collections.abc import Iterator
from shlex import quote
from typing import Final

from relengotron.cli.details import Details
from relengotron.decisions.waiving import NOT_TO_BE_WAIVED
from relengotron.model.codec import from_json
from relengotron.model.gate import BUILD, GATE, UPDATE, GateAnswer, Reason, Verdict
from relengotron.model.gated import gate_of_lane

MOST: Final = 6
"""So many tests, and so many names, are spelled out."""


def at_the_gate(known: Details) -> list[str]:
    """The commands that open a shut gate, leave behind what keeps it shut, or call the run off."""
    if known.run.state.is_finished or known.run.state.is_being_taken_back:
        return []
    kept = [each for each in known.evidence if each.subject_kind == GATE]
    answer = None if not kept else from_json(GateAnswer, dict(kept[-1].facts))
    if answer is None or answer.verdict is Verdict.OPEN:
        return []
    shut = [each for each in answer.reasons if each.verdict is not Verdict.OPEN]
    commands = [*_waivers(known, shut), *_others(known, shut), f"relengotron runs cancel {known.run.id} --reason TEXT"]
    return list(dict.fromkeys(commands))


def _waivers(known: Details, shut: list[Reason]) -> Iterator[str]:
    """One test of many subjects is waived by the run, at once; else by the name of its subject."""
    tests: dict[str, list[Reason]] = {}
    for each in shut:
        if each.state not in NOT_TO_BE_WAIVED:
            tests.setdefault(each.requirement.testcase, []).append(each)
    for testcase, reasons in list(tests.items())[:MOST]:
        yield f"relengotron waive {known.run.id} {testcase} --reason TEXT{_people(reasons)}"


def _people(reasons: list[Reason]) -> str:
    need = max(each.requirement.waivers_need for each in reasons)
    return f"   # by {need} different people" if need > 1 else ""


def _others(known: Details, shut: list[Reason]) -> Iterator[str]:
    gate = gate_of_lane(known.run.lane)
    names = list(dict.fromkeys(each.requirement.artifact for each in shut if each.requirement.type in (BUILD, UPDATE)))
    for name in names[:MOST]:
        if gate is None:
            yield f"relengotron eject {known.run.id} {name} --reason TEXT"
        elif name in {each.requirement.item for each in shut if each.requirement.type == BUILD}:
            yield f"relengotron gate pass {gate} {quote(name)} --reason TEXT   # by 2 different people"

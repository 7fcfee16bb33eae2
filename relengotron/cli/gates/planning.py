"""What a gate would do now, looked at with the journal if there is one."""

import sys

from relengotron.bootstrap import gate_planner, now
from relengotron.cli import page
from relengotron.cli.exits import Exit
from relengotron.cli.gates import plan_page
from relengotron.cli.gates.find import the_gate
from relengotron.cli.plan_request import journal_or_none
from relengotron.cli.surroundings import Surroundings
from relengotron.cli.waiting import told_after_a_while
from relengotron.model.codec import to_json
from relengotron.systems.looking import world_to_look_at


def show(surroundings: Surroundings, name: str, *, json_wanted: bool) -> None:
    """Print what would move through the gate, and why not the rest."""
    settings = surroundings.settings()
    gate = the_gate(settings, name)
    world = world_to_look_at(settings)
    with journal_or_none(surroundings) as database, told_after_a_while() as progress:
        plan = gate_planner(settings, name, gate, world, database, now, progress).plan()
    if json_wanted:
        page.as_json(to_json(plan))
    else:
        plan_page.show(plan)
    if not plan.is_clear:
        sys.exit(Exit.NO)

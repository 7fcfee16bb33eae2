"""Which commands are there about gates?"""

import click

from relengotron.cli.gates.ordering import close_gate, let_pass, open_gate
from relengotron.cli.gates.showing import show_at_gate
from relengotron.cli.gates.status import gate_status


@click.group()
def gate() -> None:
    """What is pending, testing, stuck, moving or in quarantine; close a gate, open it, let builds pass."""


gate.add_command(gate_status)
gate.add_command(show_at_gate)
gate.add_command(close_gate)
gate.add_command(open_gate)
gate.add_command(let_pass)

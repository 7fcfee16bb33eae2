"""The only place that joins all parts."""

from relengotron.bootstrap.machine import Daemon, Doorkeeper, Machine, assemble, open_daemon, open_for_hub
from relengotron.bootstrap.memory import now, relation_index
from relengotron.bootstrap.planning import gate_planner, planner, rollback_outlook
from relengotron.bootstrap.procedures import procedures_of
from relengotron.examination import Finding, examine

__all__ = [
    "Daemon",
    "Doorkeeper",
    "Finding",
    "Machine",
    "assemble",
    "examine",
    "gate_planner",
    "now",
    "open_daemon",
    "open_for_hub",
    "planner",
    "procedures_of",
    "relation_index",
    "rollback_outlook",
]

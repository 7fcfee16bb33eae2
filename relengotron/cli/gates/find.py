"""Which gate do people mean?"""

from collections.abc import Mapping

from relengotron.cli.exits import Exit, Refusal
from relengotron.settings import Settings
from relengotron.settings.gates import Gate
from relengotron.settings.mistakes import nearest


def no_gates(settings: Settings) -> str:
    """What to say where no gate is configured."""
    return (
        f"No gate is configured: there is no {settings.directory / 'gates.yaml'}. docs/gates.md says how to write it."
    )


def the_gate(settings: Settings, name: str) -> Gate:
    """The gate of this name.

    Raises:
        Refusal: there is none.
    """
    if not settings.gates:
        raise Refusal(no_gates(settings), Exit.NOT_FOUND)
    found = settings.gates.get(name)
    if found is None:
        known = ", ".join(settings.gates)
        raise Refusal(f"there is no gate {name!r}{nearest(name, settings.gates)}. There are: {known}", Exit.NOT_FOUND)
    return found


def gates_with(settings: Settings, tag: str) -> Mapping[str, Gate]:
    """Every gate that has to do with a Koji tag.

    Raises:
        Refusal: there is none.
    """
    found = {name: each for name, each in settings.gates.items() if tag in each.tags}
    if not found:
        tags = sorted({each for gate in settings.gates.values() for each in gate.tags})
        known = f"The tags of gates: {', '.join(tags)}" if tags else no_gates(settings)
        raise Refusal(f"no gate has to do with the tag {tag!r}. {known}", Exit.NOT_FOUND)
    return found

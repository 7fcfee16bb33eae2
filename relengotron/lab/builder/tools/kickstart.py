"""What does a kickstart want installed?"""

import shlex
from dataclasses import dataclass

from relengotron.lab.builder.tools.command import Arguments, ToolFailed


@dataclass(frozen=True, slots=True)
class OstreeSetup:
    """The ``ostreesetup`` line of a kickstart."""

    osname: str
    remote: str
    url: str
    ref: str


def read_ostreesetup(text: str) -> OstreeSetup:
    """The only ``ostreesetup`` line; a kickstart without one cannot be built here."""
    lines = [line for line in text.splitlines() if line.split(maxsplit=1)[:1] == ["ostreesetup"]]
    if len(lines) != 1:
        raise ToolFailed(f"the kickstart has {len(lines)} ostreesetup lines, one is needed")
    parser = Arguments("ostreesetup", add_help=False)
    for option in ("osname", "url", "ref"):
        parser.add_argument(f"--{option}", required=True)
    parser.add_argument("--remote", default="")
    parser.add_argument("--nogpg", action="store_true")
    given = parser.parse_args(shlex.split(lines[0])[1:])
    return OstreeSetup(given.osname, given.remote or given.osname, given.url, given.ref)

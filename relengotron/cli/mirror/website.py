"""``relengotron mirror website``: what does the file say that download pages read?"""

from collections.abc import Iterator
from typing import Any

import click

from relengotron.cli import page
from relengotron.cli.exits import Exit, Refusal
from relengotron.cli.surroundings import Surroundings
from relengotron.systems.world import website_of


@click.command()
@click.option("--json", "json_wanted", is_flag=True, help="The file itself.")
@click.pass_obj
def website(surroundings: Surroundings, json_wanted: bool) -> None:
    """Show what download pages read: what users get now, since when, from which run, and what was there before."""
    port = website_of(surroundings.settings())
    if port is None:
        raise Refusal("no file is configured: systems.mirror.website in systems.yaml", Exit.NOT_FOUND)
    said = port.read()
    if said is None:
        raise Refusal(f"{port.path} is not there or cannot be read; the next push writes it anew", Exit.NOT_FOUND)
    if json_wanted:
        page.as_json(said)
        return
    page.columns(("LANE", "ARTIFACT", "VERSION", "IDENTITY", "PUBLISHED", "BY", "OFFERED", "BEFORE"), list(_rows(said)))


def _rows(said: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for release, about in sorted(said["releases"].items()):
        for request, shown in sorted(about["requests"].items()):
            for name, each in sorted(shown["artifacts"].items()):
                facts = (each[key] or "unknown" for key in ("version", "identity", "published_at", "run"))
                yield (
                    f"{release}/{request}",
                    name,
                    *(page.shortened(fact, 40) for fact in facts),
                    f"to {each['rollout']['percent']} %" if "rollout" in each else "to all",
                    each["previous"] or "-",
                )

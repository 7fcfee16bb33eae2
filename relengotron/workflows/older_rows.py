"""What did the version before write down otherwise? A push may have been begun by it."""

from dataclasses import replace
from pathlib import Path

from relengotron.model.artifact import Built

REPOS = "mash"
"""The kind whose composes had no ``repos`` in the journal: what is made from it looked for them by their places."""


def as_written_now(built: Built) -> Built:
    """The same compose; a mash says where its repos lie."""
    if built.kind != REPOS or built.repos:
        return built
    root, arches = Path(built.location), built.facts.get("arch", ())
    return replace(built, repos={arch: (root / arch).as_uri() for arch in arches})

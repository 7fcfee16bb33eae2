"""What does a build at a gate bring that was found upstream?"""

from sqlalchemy import Connection

from relengotron.decisions.upstream import news_of
from relengotron.engine.journal import gated, upstream
from relengotron.model.gated import BuildState, GatedBuild
from relengotron.model.nvr import Nvr
from relengotron.model.upstream_news import UpstreamNews


def of_build(db: Connection, build: GatedBuild) -> UpstreamNews | None:
    """What it brings after the one that passed here before it; None where nobody saw its version upstream."""
    seen = upstream.of_packages(db, [build.package])
    if not seen:
        return None
    rows = gated.of_packages(db, build.gate, [build.package])
    passed = [each for each in rows if each.state is BuildState.ACCEPTED and each.arrived_at < build.arrived_at]
    before = Nvr.parse(passed[-1].nvr).version if passed else None
    return news_of(build.package, Nvr.parse(build.nvr).version, before, seen)

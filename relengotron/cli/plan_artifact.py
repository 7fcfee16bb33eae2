"""Everything that is foreseen of one artifact: each rung, every change, what its compose does."""

from relengotron.cli import ladder, page
from relengotron.model.push_plan import PlannedArtifact, Treatment


def show(artifact: PlannedArtifact) -> None:
    """Print it whole; nothing is left out."""
    page.say(f"  {artifact.treatment}: {artifact.reason}", state=colour(artifact))
    for line in ladder.of_rungs(artifact.rungs):
        page.say(f"    {line}")
    if artifact.changes:
        page.say(f"  Changes ({len(artifact.changes)})", bold=True)
    for change in artifact.changes:
        page.say(f"    {ladder.of_change(change)}")
    if artifact.effects:
        page.say("  A compose would", bold=True)
    for effect in artifact.effects:
        page.say(f"    {effect}")
    page.fields(
        [
            ("made for", ", ".join(artifact.follows)),
            ("tests", ", ".join(artifact.required_tests)),
            ("goes to", artifact.target),
            ("apart", "; ".join(artifact.apart)),
            ("takes", "" if artifact.eta is None else str(artifact.eta)),
            ("trouble", artifact.trouble),
        ]
    )


def colour(artifact: PlannedArtifact) -> str | None:
    """The state whose colour says how it stands."""
    match artifact.treatment:
        case Treatment.SKIP:
            return None
        case Treatment.COMPOSE | Treatment.FOLLOWS:
            return "running"
        case Treatment.DOUBT:
            return "held"
        case Treatment.IMPOSSIBLE:
            return "failed"

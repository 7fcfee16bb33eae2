"""What did a push decide of a rollout, and what did people say of it since?"""

from sqlalchemy import Connection

from relengotron.engine.journal import effects
from relengotron.model.codec import from_json
from relengotron.model.rollout import BEGUN, PLANNED, WISHED, BegunRollout, PlannedRollout, Rollout, RolloutWish
from relengotron.model.run import DECISION


def find(db: Connection, run: str, artifact: str) -> Rollout | None:
    """The last one that a push began for an artifact; None when it goes, or went, to everybody at once."""
    said = {each.key: each.result for each in effects.beginning_with(db, run, f"{DECISION}rollout ")}
    begun = {key: from_json(BegunRollout, each) for key, each in said.items() if key.startswith(f"{DECISION}{BEGUN}")}
    own = [key for key, each in begun.items() if each.artifact == artifact]
    if not own:
        return None
    name = own[-1].removeprefix(f"{DECISION}{BEGUN}")
    planned = from_json(PlannedRollout, said[f"{DECISION}{PLANNED}{name}"])
    wishes = (from_json(RolloutWish, each) for key, each in said.items() if key.startswith(f"{DECISION}{WISHED}"))
    return Rollout(name, planned, begun[own[-1]], tuple(each for each in wishes if each.artifact == artifact))

"""What did a push, or the plan of one, see of the world that decided something? Kept, so that both can be compared."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from relengotron.decisions.affected import Reach
from relengotron.errors import RelengError
from relengotron.model.batch import Update
from relengotron.model.codec import to_json
from relengotron.model.push_plan import SIGHT, SeenUpdate, Sight
from relengotron.model.rung import RungName, Says
from relengotron.workflows.horizons import live_repos
from relengotron.workflows.push import Push
from relengotron.workflows.survey import Survey

UPDATES, ARTIFACTS = "updates", "artifacts"


def of_updates(known: Mapping[str, Update | None]) -> Sight:
    """The updates as Bodhi shows them, by alias, or as they were asked for where it knows none."""
    return Sight(updates={update.alias if update else name: _seen(update) for name, update in known.items()})


def of_artifacts(push: Push, survey: Survey, reaches: Iterable[Reach]) -> Sight:
    """What PDC says, what every artifact is and should be, the repos that were solved, and the configuration."""
    seen = survey.seen
    return Sight(
        contained=survey.changes.contained,
        live={name: each.contents.source for name, each in seen.items() if each.contents is not None},
        wished={name: each.manifest.digest for name, each in seen.items() if each.manifest is not None},
        revisions=_revisions(push) if any(map(_is_solved, reaches)) else {},
        configuration=_configuration(push),
    )


def note_updates(push: Push, known: Mapping[str, Update | None]) -> None:
    """Keep what Bodhi showed when it was decided which updates ship."""
    _note(push, UPDATES, of_updates(known))


def note_artifacts(push: Push, survey: Survey, reaches: Iterable[Reach]) -> None:
    """Keep what was seen when it was decided what is composed."""
    _note(push, ARTIFACTS, of_artifacts(push, survey, reaches))


def _note(push: Push, subject: str, sight: Sight) -> None:
    push.engine.note(SIGHT, subject, "seen", "what decided", to_json(sight))


def _seen(update: Update | None) -> SeenUpdate | None:
    if update is None:
        return None
    return SeenUpdate(update.builds, update.release, update.request, update.is_locked)


def _is_solved(reach: Reach) -> bool:
    return any(rung.name is RungName.SOLVED and rung.says is not Says.DOUBT for rung in reach.rungs)


def _revisions(push: Push) -> dict[str, str]:
    """Where one cannot be read, the solver has said so already."""
    urls = {url for each in push.release.base_repos.values() for url in each}
    urls |= {url for built in live_repos(push).values() for url in built.repos.values()}
    found: dict[str, str] = {}
    for url in sorted(urls):
        try:
            found |= push.world.repodata.revisions((url,))
        except RelengError:
            continue
    return found


def _configuration(push: Push) -> dict[str, str]:
    facts = replace(push.release, base_repos=dict(push.release.base_repos))
    lane = {"target": push.settings.request_target(push.lane).model_dump(mode="json"), "facts": to_json(facts)}
    return {"": _digest(lane), **{artifact.name: _digest(to_json(artifact)) for artifact in push.artifacts}}


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]

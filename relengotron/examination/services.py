"""Do Bodhi, PDC and ResultsDB know what the configuration says of them, and how old is what PDC said?"""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Final

from relengotron.engine.journal import relations
from relengotron.engine.journal.database import Database
from relengotron.examination.finding import Finding, NotWell, look
from relengotron.examination.plugins import every_artifact
from relengotron.settings import Settings
from relengotron.settings.releases import Release
from relengotron.systems.bodhi.port import Bodhi, BodhiRelease
from relengotron.systems.pdc.port import Pdc
from relengotron.systems.resultsdb.port import ResultsDb
from relengotron.systems.world import World

STORED_OUTCOMES: Final = frozenset({"PASSED"})
OVER: Final = frozenset({"disabled", "archived"})


def findings(settings: Settings, world: World, now: datetime) -> Iterator[Finding]:
    """Each service, and what it knows of each release."""
    yield look("bodhi", world.bodhi.identity, "look at systems.bodhi.url in systems.yaml")
    yield look("bodhi comments", partial(_invitations, settings), "look at systems.bodhi in systems.yaml")
    yield look("pdc", world.pdc.identity, "look at systems.pdc.url in systems.yaml")
    yield look("pdc types", partial(_types, settings, world.pdc), "ask a PDC administrator for the missing rows")
    yield look("pdc index", partial(_index, settings, now), "bring PDC back; if it is there, make pace.audit shorter")
    yield look("resultsdb", world.resultsdb.identity, "look at systems.resultsdb.url in systems.yaml")
    yield look(
        "resultsdb outcomes",
        partial(_outcomes, world.resultsdb),
        "ask who runs ResultsDB to allow them; without them no compose can be reported",
    )
    if world.greenwave is not None:
        yield look("greenwave", world.greenwave.identity, "look at systems.greenwave.url in systems.yaml")
    if world.waiverdb is not None:
        yield look("waiverdb", world.waiverdb.identity, "look at systems.waiverdb.url in systems.yaml")
    for name, release in settings.releases.items():
        yield look(
            f"{name}: bodhi release",
            partial(_bodhi_release, world.bodhi, name, release),
            f"make releases.{name}.requests in releases.yaml and the release in Bodhi agree",
        )
        yield look(
            f"{name}: pdc release",
            partial(_pdc_release, world.pdc, release),
            f"look at releases.{name}.pdc_release in releases.yaml, or ask a PDC administrator",
        )


def _invitations(settings: Settings) -> str:
    """Whether testers are invited; whether Bodhi takes the secret is only known when it is used."""
    bodhi = settings.systems.bodhi
    file = bodhi.token_file or bodhi.cookie_file
    if file is None:
        return "switched off: neither token_file nor cookie_file is set"
    if not file.is_file():
        raise NotWell(f"{file} is not there")
    return f"testers are invited with what is in {file}"


def _types(settings: Settings, pdc: Pdc) -> str:
    """Every type is asked for in each push; a kind that hangs on PDC needs one of its own."""
    types = settings.systems.pdc.relation_types
    kinds = {artifact.kind for artifact in every_artifact(settings) if artifact.component is not None}
    unnamed = sorted(kinds - types.keys())
    if unnamed:
        raise NotWell(f"systems.pdc.relation_types names no type for {', '.join(unnamed)}, which have components")
    wanted = set(types.values())
    missing = wanted - pdc.relation_types()
    if missing:
        raise NotWell(f"PDC has no relationship type {', '.join(sorted(missing))}")
    return f"relationship types {', '.join(sorted(wanted)) or 'are not needed'}"


def _index(settings: Settings, now: datetime) -> str:
    """What the daemon keeps; old answers are no trouble yet, answers too old to be used are."""
    database = Database(settings.journal.url)
    try:
        with database.read() as db:
            found = relations.summary(db)
    finally:
        database.close()
    away = "" if found.trouble is None else f"; PDC cannot be read since {found.trouble.since:%Y-%m-%d %H:%M} UTC"
    words = "" if found.trouble is None else f" ({found.trouble.words})"
    if found.oldest is None:
        return f"nothing was asked yet{away}{words}"
    usable = settings.systems.pdc.index_usable_for
    fact = f"{found.names} packages, the oldest answer of {found.oldest:%Y-%m-%d %H:%M} UTC"
    fact += f", {found.doubted} announced to change{away}{words}"
    if now - found.oldest > usable:
        raise NotWell(f"{fact}: that is older than {usable.total_seconds() / 3600:g} h, and not used any more")
    return fact


def _outcomes(resultsdb: ResultsDb) -> str:
    allowed = resultsdb.outcomes()
    missing = STORED_OUTCOMES - allowed
    if missing:
        raise NotWell(f"ResultsDB takes no {', '.join(sorted(missing))}; it takes {', '.join(sorted(allowed))}")
    return ", ".join(sorted(allowed))


def _pdc_release(pdc: Pdc, release: Release) -> str:
    found = pdc.release(release.pdc_release)
    if found is None:
        raise NotWell(f"PDC has no release {release.pdc_release}")
    if not found.active:
        raise NotWell(f"{found.release_id} is not active in PDC: its life is over")
    return f"{found.release_id} is active"


def _bodhi_release(bodhi: Bodhi, name: str, release: Release) -> str:
    found = bodhi.release(name)
    if found is None:
        raise NotWell(f"Bodhi has no release {name}")
    if found.state in OVER:
        raise NotWell(f"{name} is {found.state} in Bodhi: nothing is pushed to it any more")
    apart = [words for words in _disagreements(found, release) if words]
    if apart:
        raise NotWell("; ".join(apart))
    return f"{name} is {found.state or 'known'}, its tags agree"


def _disagreements(found: BodhiRelease, release: Release) -> Iterator[str]:
    of_bodhi = {
        "testing": (found.testing_tag, found.pending_testing_tag),
        "stable": (found.stable_tag, found.pending_stable_tag),
    }
    for request, target in release.requests.items():
        tag, pending = of_bodhi[request]
        if tag and tag != target.tag:
            yield f"{request}: Bodhi says {tag}, the configuration {target.tag}"
        if pending and pending not in target.pending_tags:
            yield f"{request}: the configuration leaves Bodhi's {pending} out of pending_tags"

"""What did a finished run do that can be taken back?"""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection

from relengotron.engine.journal import effects, rollbacks, runs
from relengotron.model.artifact import Published
from relengotron.model.batch import EJECTED, Ejected, Shipment
from relengotron.model.codec import from_json
from relengotron.model.rollback import Deed
from relengotron.model.run import DECISION, EffectRecord, Run, StepRecord


def deed_of(
    db: Connection, run: Run, shown_by: Sequence[str], moved_by: Sequence[str], shipment_steps: Collection[str]
) -> Deed:
    """What the run published and moved; the arguments say what the keys of such effects begin with.

    What went live twice counts as it went live last.
    """
    known = effects.of_run(db, run.id)
    undone = {each.key.removeprefix("undo ") for each in known if each.key.startswith("undo ")}
    done = [each for each in known if each.is_finished and each.key not in undone]
    ejected = _ejected(known)
    gone = {build for each in ejected for build in each.builds}
    moves = (each for each in done if each.key.startswith(tuple(moved_by)))
    return Deed(
        run=run,
        published=_published([each for each in done if each.key.startswith(tuple(shown_by))]),
        moves=tuple(each for each in moves if each.old["build"] not in gone),
        updates=_shipment(runs.steps_of(db, run.id), shipment_steps).without(ejected).updates,
        taken_back_by=rollbacks.took_back(db, run),
    )


def _ejected(known: Sequence[EffectRecord]) -> tuple[Ejected, ...]:
    """What was thrown out before anything was shown: its builds are home already, and may have gone elsewhere since."""
    said = (each.result["ejected"] for each in known if each.key.startswith(f"{DECISION}{EJECTED}"))
    return tuple(from_json(Ejected, each) for each in said if each is not None)


def _published(done: Sequence[EffectRecord]) -> tuple[Published, ...]:
    found: dict[str, Published] = {}
    for each in done:
        if each.result is not None:
            published = from_json(Published, each.result)
            found.pop(published.artifact, None)
            found[published.artifact] = published
    return tuple(found.values())


def _shipment(steps: dict[str, StepRecord], names: Collection[str]) -> Shipment:
    for name in names:
        known = steps.get(name)
        if known is not None and known.output is not None:
            return from_json(Shipment, known.output)
    return Shipment(())

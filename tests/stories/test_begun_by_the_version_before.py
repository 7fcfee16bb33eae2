"""The daemon is upgraded under a push: what the version before wrote down is understood, and nothing is left out."""

from contextlib import closing
from typing import Any

from sqlalchemy import select, update

from relengotron.engine.journal import tables
from relengotron.engine.journal.database import Database
from relengotron.model.run import Run, RunState, StepState
from relengotron.systems.mischief import Kind, Rule
from tests.builders import an_update
from tests.stage.stage import Stage
from tests.stories.conftest import MakeStage

FIRST = an_update("bash-4.3.42-5.fc24")
REF = "fedora-atomic/f24/x86_64/testing/docker-host"
NEW_FIELDS = ("repos", "same_as", "unchanged", "changes")


def as_before(value: Any) -> Any:
    """The same row without the words that the version before did not know."""
    if isinstance(value, dict):
        return {key: as_before(each) for key, each in value.items() if key not in NEW_FIELDS}
    return [as_before(each) for each in value] if isinstance(value, list) else value


def rewrite(stage: Stage, run: Run) -> None:
    """Everything that the run has written stands there as the version before would have written it."""
    stage.machine.database.close()
    with closing(Database(f"sqlite:///{stage.root / 'journal.db'}")) as journal, journal.write() as db:
        for table, column, number in (
            (tables.steps, tables.steps.c.output, tables.steps.c.name),
            (tables.effects, tables.effects.c.result, tables.effects.c.key),
        ):
            for key, value in db.execute(select(number, column).where(table.c.run == run.id)).all():
                plain = as_before(value)
                db.execute(update(table).where(table.c.run == run.id, number == key).values({column: plain}))


def is_mashed(stage: Stage) -> bool:
    pushes = stage.runs("push_updates")
    return bool(pushes) and stage.steps(pushes[-1]).get("ensure_repos_are_mashed") is StepState.DONE


def live_tree(stage: Stage) -> set[str]:
    head = stage.outside.live.head(REF)
    assert head is not None
    return {str(package) for package in stage.outside.live.commit_info(head).packages}


def test_a_push_that_was_mashed_before_the_upgrade_composes_its_tree_from_the_mashed_repo(
    make_stage: MakeStage,
) -> None:
    stage = make_stage(FIRST)
    stage.outside.pdc.misbehave(Rule(Kind.REFUSED, times=None))
    stage.start_push()
    stage.turn_until(lambda: is_mashed(stage))
    rewrite(stage, stage.push("F24/testing"))
    stage.restart()
    stage.outside.pdc.behave()
    stage.wait(minutes=10)

    run = stage.push("F24/testing")
    assert run.state is RunState.DONE, run.reason
    assert "bash-4.3.42-5.fc24.x86_64" in live_tree(stage)

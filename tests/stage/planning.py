"""How is a push planned in a rehearsal, and what has become of it afterwards?"""

from dataclasses import replace
from typing import Any

from relengotron.bootstrap import planner
from relengotron.decisions.comparing import compare
from relengotron.model.deviation import Deviation
from relengotron.model.push_plan import Happened, LanePlan, PushPlan
from relengotron.workflows import planning_lanes
from relengotron.workflows.planning import Planner
from relengotron.workflows.retelling import happened
from tests.builders import AnUpdate
from tests.stage.stage import Stage


def planner_of(stage: Stage) -> Planner:
    """What a person at the keyboard plans with, in this rehearsal."""
    world = stage.outside.open(stage.settings)
    return planner(stage.settings, world, stage.plugins, stage.machine.database, stage.clock)


def planned(stage: Stage, *updates: AnUpdate) -> PushPlan:
    """The plan for these updates, or for all that wait in Bodhi."""
    own = planner_of(stage)
    world = stage.outside.open(stage.settings)
    if updates:
        names = tuple(each.alias for each in updates)
        return own.plan(*planning_lanes.named(names, (), world, stage.settings))
    return own.plan(planning_lanes.pending((), world, stage.settings))


def planned_with(plan: PushPlan, **otherwise: Any) -> PushPlan:
    """The plan, with something else in its first lane."""
    first, *others = plan.lanes
    return replace(plan, lanes=(replace(first, **otherwise), *others))


def lane_of(plan: PushPlan, name: str) -> LanePlan:
    """One lane of a plan."""
    return next(each for each in plan.lanes if str(each.lane) == name)


def what_happened(stage: Stage, lane: str) -> Happened:
    """What the newest push of a lane has done."""
    run = stage.push(lane)
    with stage.machine.database.read() as db:
        return happened(db, run)


def deviations(stage: Stage, plan: PushPlan) -> list[Deviation]:
    """Every difference between the plan and the pushes that followed."""
    return [each for lane in plan.lanes for each in compare(lane, what_happened(stage, str(lane.lane)))]

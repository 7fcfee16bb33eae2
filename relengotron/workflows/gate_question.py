"""What is the gate of a push asked? Every update, build and compose of it, by every policy that speaks about them."""

from collections.abc import Iterable

from relengotron.decisions import requiring
from relengotron.model.artifact import Artifact, Built
from relengotron.model.gate import BUILD, COMPOSE, UPDATE, Past, Question, Subject
from relengotron.model.lane import Lane
from relengotron.model.policy import PassingTestCase, Policy
from relengotron.settings import Settings
from relengotron.workflows.asking import made_at
from relengotron.workflows.been_live import past_of
from relengotron.workflows.push import Push

CONTEXT = "bodhi_update_push_"
"""What the decision is called, before ``testing`` or ``stable``: as Bodhi asks Greenwave."""


def question_of(push: Push, composed: Iterable[Built]) -> Question:
    """Everything that we gate ourselves; composes always, the rest where a policy speaks about it."""
    policies = policies_for(push.settings, push.lane, push.artifacts)
    types = requiring.gated_types(policies, context_of(push.lane)) | {COMPOSE}
    subjects = tuple(each for each in subjects_of(push, composed) if each.type in types)
    return Question(
        context=context_of(push.lane),
        product_version=push.settings.release(push.lane.release).product,
        subjects=subjects,
        policies=policies,
        now=push.now(),
        built=made_at(push.world.koji, subjects, policies),
        past=past_of(push, subjects) if requiring.needs_the_past(policies, context_of(push.lane)) else Past(),
    )


def context_of(lane: Lane) -> str:
    """The decision that a push of this lane needs."""
    return f"{CONTEXT}{lane.request}"


def subjects_of(push: Push, composed: Iterable[Built]) -> tuple[Subject, ...]:
    """Everything of a push that somebody may judge."""
    shipment = push.shipment()
    updates = tuple(Subject(UPDATE, each.alias, each.alias) for each in shipment.updates)
    builds = tuple(Subject(BUILD, build, build) for build in shipment.builds)
    composes = tuple(Subject(COMPOSE, built.identity, built.artifact) for built in composed)
    return updates + builds + composes


def policies_for(settings: Settings, lane: Lane, artifacts: Iterable[Artifact]) -> tuple[Policy, ...]:
    """Those of the folder, and what the artifacts themselves require."""
    is_gated = COMPOSE in requiring.gated_types(settings.policies, context_of(lane))
    product = settings.release(lane.release).product
    own = (_own_policy(each, lane, product) for each in artifacts if each.required_tests or not is_gated)
    return (*settings.policies, *own)


def required_of(push: Push, artifact: Artifact) -> tuple[str, ...]:
    """What the gate will ask of an artifact once it is composed: its own test cases first, then those of policies."""
    subject = Subject(COMPOSE, "", artifact.name)
    product = push.settings.release(push.lane.release).product
    policies = policies_for(push.settings, push.lane, (artifact,))
    question = Question(context_of(push.lane), product, (subject,), policies, push.now())
    asked = (each.requirement.testcase for each in requiring.demands(question))
    return tuple(dict.fromkeys((*artifact.required_tests, *asked)))


def _own_policy(artifact: Artifact, lane: Lane, product: str) -> Policy:
    return Policy(
        id=f"required_tests of {artifact.name}",
        product_versions=(product,),
        decision_contexts=(context_of(lane),),
        subject_types=(COMPOSE,),
        rules=tuple(PassingTestCase(test) for test in artifact.required_tests),
        names=(artifact.name,),
    )

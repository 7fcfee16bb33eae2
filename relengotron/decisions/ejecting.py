"""Which updates does a closed gate throw out? Those whose every objection comes from policies that say so."""

from collections.abc import Iterable, Mapping, Sequence

from relengotron.model.batch import Ejection, Update
from relengotron.model.gate import BUILD, UPDATE, GateAnswer, Reason, Verdict
from relengotron.model.policy import Policy, WhenClosed


def thrown_out(answer: GateAnswer, updates: Iterable[Update], policies: Iterable[Policy]) -> tuple[Ejection, ...]:
    """The updates that go, each with the policies that want it and what they found."""
    ejecting = frozenset(each.id for each in policies if each.when_closed is WhenClosed.EJECT)
    closed = [each for each in answer.reasons if each.verdict is Verdict.CLOSED]
    about = {update.alias: [each for each in closed if _is_about(each, update)] for update in updates}
    return tuple(_ejection(alias, why) for alias, why in _decided(about, ejecting).items())


def _is_about(reason: Reason, update: Update) -> bool:
    item, kind = reason.requirement.item, reason.requirement.type
    return (kind == UPDATE and item == update.alias) or (kind == BUILD and item in update.builds)


def _decided(about: Mapping[str, Sequence[Reason]], ejecting: frozenset[str]) -> dict[str, Sequence[Reason]]:
    """Where one policy that is not met wants people to decide, they do."""
    return {alias: why for alias, why in about.items() if why and all(_goes(each, ejecting) for each in why)}


def _goes(reason: Reason, ejecting: frozenset[str]) -> bool:
    policies = reason.requirement.policies
    return bool(policies) and ejecting.issuperset(policies)


def _ejection(alias: str, why: Sequence[Reason]) -> Ejection:
    names = dict.fromkeys(name for each in why for name in each.requirement.policies)
    return Ejection(alias, f"policy {', '.join(names)}", "; ".join(map(str, why)))

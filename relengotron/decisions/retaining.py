"""Which commits of a repo are kept when garbage is collected, and why?"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from relengotron.model.tree_history import TreeCommit, history


@dataclass(frozen=True, slots=True)
class Rule:
    """For the refs that a pattern names: how many commits below the head are kept, and how old others may be."""

    refs: str
    depth: int
    age: timedelta | None


@dataclass(frozen=True, slots=True)
class RepoFacts:
    """What there is: every commit, what points to commits, and which ones machines are known to run."""

    commits: Mapping[str, TreeCommit]
    refs: Mapping[str, str]
    tags: Mapping[str, str]
    deployed: frozenset[str]


@dataclass(frozen=True, slots=True)
class Retained:
    """Every commit that is kept, with all reasons; and those that nothing keeps, the oldest first."""

    kept: Mapping[str, tuple[str, ...]]
    gone: tuple[TreeCommit, ...]


def retain(facts: RepoFacts, rules: Sequence[Rule], unreferenced: timedelta, now: datetime) -> Retained:
    """Weigh every commit; a ref that no rule names keeps its whole history."""
    reasons: dict[str, list[str]] = {}
    for commit, reason in _reasons(facts, rules, unreferenced, now):
        reasons.setdefault(commit, []).append(reason)
    kept = {commit: tuple(dict.fromkeys(said)) for commit, said in reasons.items() if commit in facts.commits}
    gone = [each for commit, each in facts.commits.items() if commit not in kept]
    return Retained(kept, tuple(sorted(gone, key=lambda each: (each.made_at, each.commit))))


def rule_for(ref: str, rules: Iterable[Rule]) -> Rule | None:
    """The first rule that names the ref."""
    return next((rule for rule in rules if fnmatchcase(ref, rule.refs)), None)


def _reasons(
    facts: RepoFacts, rules: Sequence[Rule], unreferenced: timedelta, now: datetime
) -> Iterator[tuple[str, str]]:
    for ref, head in facts.refs.items():
        yield from _kept_by_ref(ref, head, facts, rule_for(ref, rules), now)
    yield from ((commit, f"tag {name}") for name, commit in facts.tags.items())
    yield from ((commit, "a machine runs it") for commit in facts.deployed)
    reached = {each.commit for head in facts.refs.values() for each in history(facts.commits, head)}
    for commit, found in facts.commits.items():
        if commit not in reached and now - found.arrived_at <= unreferenced:
            yield commit, "on no ref, but new here"


def _kept_by_ref(ref: str, head: str, facts: RepoFacts, rule: Rule | None, now: datetime) -> Iterator[tuple[str, str]]:
    for depth, each in enumerate(history(facts.commits, head)):
        if depth == 0:
            yield each.commit, f"{ref} shows it"
        elif rule is None:
            yield each.commit, f"history of {ref}, which no rule names"
        elif depth <= rule.depth:
            yield each.commit, f"{depth} below {ref}"
        elif rule.age is not None and now - each.made_at <= rule.age:
            yield each.commit, f"history of {ref}, young enough"

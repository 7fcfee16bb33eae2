"""Which builds do the results of a batch find bad? Those whose own test failed, and those that a failed test names."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from relengotron.model.gate import BUILD, GateAnswer, Reason, RequirementState
from relengotron.model.gated import BATCH, Suspicion

NAMING: Final = ("build", "builds", "nvr", "nvrs", "package", "packages", "item", "items", "suspect", "suspects")
"""Under which keys tests say what is to blame: there is no rule, so that all that were seen are read."""

MOST_QUOTED: Final = 300
"""So many letters of what a tester noted are repeated; the result itself is linked."""

_BETWEEN_NAMES = re.compile(r"[\s,;]+")


@dataclass(frozen=True, slots=True)
class Said:
    """A result of the batch that is bad: its number, and what it says besides its outcome, as ResultsDB keeps it."""

    result: int
    testcase: str
    data: Mapping[str, Collection[str]]


def found_bad(answer: GateAnswer, kind: str) -> tuple[Reason, ...]:
    """What was found bad of the builds, or of the batch: a test said so, and nobody waived it.

    What has no result, what broke down and what a freeze holds back was not found bad by anybody.
    """
    return tuple(
        each for each in answer.reasons if each.requirement.type == kind and each.state is RequirementState.FAILED
    )


def suspects(answer: GateAnswer, packages: Mapping[str, str], said: Sequence[Said]) -> tuple[Suspicion, ...]:
    """The builds that are to blame, in the order of ``packages`` (build to its package); none where nobody is named.

    A batch of one build needs no naming.
    """
    own = _by_item(found_bad(answer, BUILD))
    bad = {each.requirement.testcase: each for each in found_bad(answer, BATCH)}
    meant = [each for each in said if each.testcase in bad]
    if len(packages) == 1 and bad:
        return tuple(_suspicion(build, own.get(build, ()), tuple(bad.values()), meant) for build in packages)
    naming = {build: _naming(meant, build, package) for build, package in packages.items()}
    return tuple(
        _suspicion(build, own.get(build, ()), [bad[each] for each in _testcases(naming[build])], naming[build])
        for build in packages
        if build in own or naming[build]
    )


def suspected(build: str, of_batch: Sequence[Reason]) -> Suspicion:
    """A build that is to blame because the batch is, and nobody can be told apart."""
    return _suspicion(build, (), of_batch, ())


def _testcases(said: Iterable[Said]) -> Iterable[str]:
    return dict.fromkeys(each.testcase for each in said)


def _naming(said: Iterable[Said], build: str, package: str) -> list[Said]:
    """The results that name the build, or its package; strangers mean nothing."""
    return [each for each in said if any(_is_named(word, build, package) for word in _words(each))]


def _is_named(word: str, build: str, package: str) -> bool:
    """A build may be written with its architecture and ``.rpm``; a package not: ``python3.11`` is not ``python3``."""
    name = word.removesuffix(".rpm")
    return name in (build, package) or name.rpartition(".")[0] == build


def _words(said: Said) -> Iterator[str]:
    """Every word under one of the keys."""
    for key in NAMING:
        for text in said.data.get(key, ()):
            yield from _BETWEEN_NAMES.split(text)


def _by_item(reasons: Iterable[Reason]) -> dict[str, list[Reason]]:
    found: dict[str, list[Reason]] = {}
    for each in reasons:
        found.setdefault(each.requirement.item, []).append(each)
    return found


def _suspicion(build: str, own: Sequence[Reason], of_batch: Sequence[Reason], said: Iterable[Said]) -> Suspicion:
    numbers = (each.result_id for each in (*own, *of_batch) if each.result_id is not None)
    return Suspicion(
        nvr=build,
        reason="; ".join((*map(_failed, own), *map(_failed, of_batch))),
        testcases=tuple(dict.fromkeys(each.requirement.testcase for each in (*own, *of_batch))),
        results=tuple(dict.fromkeys((*numbers, *(each.result for each in said)))),
        items=tuple(dict.fromkeys(each.requirement.item for each in (*own, *of_batch))),
    )


def _failed(reason: Reason) -> str:
    requirement, note = reason.requirement, f" ({_in_short(reason.note)})" if reason.note else ""
    about = f" with {requirement.artifact}" if requirement.type == BATCH else ""
    return f"{requirement.testcase} failed{about}{note}"


def _in_short(note: str) -> str:
    """One line: a tester may have put its whole log there, and mails quote it."""
    line = " ".join(note.split())
    return line if len(line) <= MOST_QUOTED else f"{line[:MOST_QUOTED]}…"

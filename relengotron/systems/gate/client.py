"""How is Greenwave asked over its API v1.0?"""

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from relengotron.decisions import requiring
from relengotron.errors import MalformedInput, Transient
from relengotron.model.gate import Finding, Findings, Question, Requirement, RequirementState, Subject
from relengotron.systems.gate.reading import Decision, read_decision
from relengotron.systems.rest import HttpRefusal, RestService

NAME: Final = "Greenwave"
SUBJECTS_AT_ONCE: Final = 8
"""As many as Bodhi sends; over about a hundred Greenwave is too slow for its own proxy."""
DECISION: Final = "greenwave.decision"
"""What the requirement is called that Greenwave could not or would not decide."""


class GreenwaveGate:
    """Greenwave decides by its own policies; whether a waiver that it saw counts is weighed here again.

    ``subject_types`` are those that it is asked about.
    """

    def __init__(self, service: RestService, subject_types: Collection[str]) -> None:
        self._service = service
        self._types = tuple(sorted(subject_types))

    def findings(self, question: Question) -> Findings:
        """What Greenwave says of the subjects that it is asked about; its silence or its confusion opens nothing."""
        decisions = [self._ask(question, some) for some in self._chunks(question.subjects)]
        found = tuple(finding for each in decisions for finding in each.findings)
        return Findings(NAME, found, tuple(waiver for each in decisions for waiver in each.waivers))

    def identity(self) -> str:
        """The base URL, once the service has said its version."""
        about = self._service.get("/about")
        if not isinstance(about, dict) or "version" not in about:
            raise MalformedInput(f"{self._service.base_url} is no Greenwave")
        return self._service.base_url

    def _chunks(self, subjects: Sequence[Subject]) -> Iterable[tuple[Subject, ...]]:
        """Of one type each, because a missing policy is told for the whole request."""
        for kind in self._types:
            some = tuple(each for each in subjects if each.type == kind)
            for start in range(0, len(some), SUBJECTS_AT_ONCE):
                yield some[start : start + SUBJECTS_AT_ONCE]

    def _ask(self, question: Question, subjects: tuple[Subject, ...]) -> Decision:
        body = {
            "decision_context": question.context,
            "product_version": question.product_version,
            "subject": [{"type": each.type, "item": each.item} for each in subjects],
            "verbose": True,
        }
        try:
            return read_decision(self._service.post("/decision", body), subjects)
        except Transient as trouble:
            return _of_all(subjects, DECISION, RequirementState.SOURCE_DOWN, str(trouble))
        except HttpRefusal as refusal:
            is_gap = refusal.status == 404
            testcase = requiring.POLICY if is_gap else DECISION
            state = RequirementState.POLICY_MISSING if is_gap else RequirementState.ERRORED
            return _of_all(subjects, testcase, state, str(refusal))
        except MalformedInput as wrong:
            return _of_all(subjects, DECISION, RequirementState.ERRORED, str(wrong))


def _of_all(subjects: Iterable[Subject], testcase: str, state: RequirementState, note: str) -> Decision:
    found = (Finding(Requirement(each.name, each.item, testcase, each.type), state, note=note) for each in subjects)
    return Decision(tuple(found), ())

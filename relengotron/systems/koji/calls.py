"""How is one question or one act brought to the hub, alone or many in one request?"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final, TypeVar
from xmlrpc.client import Fault

import koji

from relengotron.errors import RelengError
from relengotron.systems.koji.failures import SessionGone, koji_failures, meaning_of
from relengotron.systems.koji.session import Sessions

T = TypeVar("T")
Call = tuple[str, tuple[Any, ...], dict[str, Any]]

CALLS_IN_ONE_REQUEST: Final = 200
DEFECT_OF_THE_HUB: Final = 1
_UNKNOWN = re.compile(r"No such |invalid (format|build)|query returned no rows|No matching ", re.IGNORECASE)


class Calls:
    """Questions go anonymously, acts under our name; many of a kind travel in few requests."""

    def __init__(self, sessions: Sessions) -> None:
        """Nothing is asked yet."""
        self._sessions = sessions

    def read(self, method: str, *words: Any, **named: Any) -> Any:
        """The answer to one question."""
        with koji_failures(acting=False):
            return self._sessions.reader.callMethod(method, *words, **named)

    def read_many(self, calls: Sequence[Call], missing: Any = None) -> list[Any]:
        """The answers in order; where the hub says that it does not know the thing, ``missing``."""
        answers: list[Any] = []
        for group in _groups(calls):
            with koji_failures(acting=False):
                answers += _multicall(self._sessions.reader, group)
        return [_known_or(missing, answer) for answer in answers]

    def read_as_ourselves(self, method: str, *words: Any, **named: Any) -> Any:
        """The answer to a question about the one who asks."""
        return self._logged_in(lambda session: session.callMethod(method, *words, **named), acting=False)

    def act(self, method: str, *words: Any, **named: Any) -> Any:
        """What came of one act."""
        return self._logged_in(lambda session: session.callMethod(method, *words, **named), acting=True)

    def act_many(self, calls: Sequence[Call]) -> list[Any]:
        """What came of every act, in order: its value, or our error where the hub refused this one."""
        answers: list[Any] = []
        for group in _groups(calls):
            answers += self._logged_in(partial(_multicall, calls=group), acting=True)
        return [meaning_of(each, acting=True) if isinstance(each, _REFUSALS) else each for each in answers]

    def _logged_in(self, act: Callable[[Any], T], *, acting: bool) -> T:
        """Do it under our name; a session that the hub has forgotten is opened anew once, for then nothing was done."""
        try:
            with koji_failures(acting=acting):
                return act(self._sessions.writer)
        except SessionGone:
            self._sessions.forget_writer()
            with koji_failures(acting=acting):
                return act(self._sessions.writer)


def raise_refusal(answers: Iterable[Any]) -> None:
    """Raise the first refusal among what came of many acts."""
    for answer in answers:
        if isinstance(answer, RelengError):
            raise answer


_REFUSALS = (koji.GenericError, Fault)


def _groups(calls: Sequence[Call]) -> Iterable[Sequence[Call]]:
    return (calls[start : start + CALLS_IN_ONE_REQUEST] for start in range(0, len(calls), CALLS_IN_ONE_REQUEST))


def _multicall(session: Any, calls: Sequence[Call]) -> list[Any]:
    """What came of every call, in order: its value or the refusal. One that fails is undone alone."""
    batch = session.multicall()
    for method, words, named in calls:
        batch.callMethod(method, *words, **named)
    return [_answer_or_refusal(each) for each in batch.call_all()]


def _answer_or_refusal(item: Any) -> Any:
    if not isinstance(item, Mapping):
        return item[0]
    refused = koji.convertFault(Fault(item["faultCode"], _words_of(item)))
    if isinstance(refused, koji.ServerOffline):
        raise refused
    return refused


def _words_of(item: Mapping[str, Any]) -> str:
    """A defect of the hub is named in the traceback only."""
    if item["faultCode"] == DEFECT_OF_THE_HUB and item.get("traceback"):
        return "".join(item["traceback"])
    return str(item["faultString"])


def _known_or(missing: Any, answer: Any) -> Any:
    """An unknown thing is an answer; any other refusal is not, for an empty answer in its place could be believed."""
    if not isinstance(answer, _REFUSALS):
        return answer
    if type(answer) is koji.GenericError and _UNKNOWN.match(str(answer)):
        return missing
    raise meaning_of(answer, acting=False)

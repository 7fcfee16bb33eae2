"""In one sentence: what happened at a gate, to a batch or to a build?"""

from collections.abc import Callable, Mapping
from typing import Final

from relengotron.meta.said import Said
from relengotron.meta.words import age, because, count, series


def _opened(said: Said) -> str:
    return because(f"{_builds(said)} came to the gate of {_target(said)}", said.text("reason"))


def _testing(said: Said) -> str:
    return f"the tests of {_builds(said)} for {_target(said)} may start"


def _passed(said: Said) -> str:
    return f"{_builds(said)} passed the gate of {_target(said)}"


def _failed(said: Said) -> str:
    rest = said.entries("rest")
    goes_on = f"; {count(sum(len(each.texts('builds')) for each in rest), 'build')} tried again" if rest else ""
    return because(f"{_builds(said)} did not pass the gate of {_target(said)}", said.text("reason")) + goes_on


def _holds(said: Said) -> str:
    verb = "waits" if len(said.builds()) == 1 else "wait"
    return because(f"{_builds(said)} {verb} before {_target(said)}", said.text("reason"))


def _accepted(said: Said) -> str:
    news, people = said.inside("upstream").text("sentence"), said.texts("passed_by")
    let = f", let through by {series(people)}" if people else ""
    return f"{_nvr(said)} is in {_target(said)}{let}" + (f" ({news})" if news else "")


def _quarantined(said: Said) -> str:
    return because(f"{_nvr(said)} is in quarantine", said.text("reason"))


def _released(said: Said) -> str:
    who = said.text("agent")
    by = f" by {who}" if who else ""
    return because(f"{_nvr(said)} was released from quarantine{by} and is tested anew", said.text("reason"))


def _superseded(said: Said) -> str:
    return f"{_nvr(said)} gives way to {said.text('by') or 'a newer build'} at the gate of {_target(said)}"


def _gone(said: Said) -> str:
    who = said.text("agent")
    dropped = f" was dropped by {who} and" if who else ""
    return because(f"{_nvr(said)}{dropped} does not go to {_target(said)}", said.text("reason"))


def _reminded(said: Said) -> str:
    return because(f"{_nvr(said)} has been in quarantine for {age(said.number('age_s'))}", said.text("reason"))


def _again(said: Said) -> str:
    return because(f"the tests of {_nvr(said)}, which is in quarantine, may start again", said.text("reason"))


def _closed(said: Said) -> str:
    until = f" until {said.text('until')}" if said.text("until") else ""
    return because(f"{_who(said)} closed the gate of {_target(said)}{until}", said.text("reason"))


def _opened_again(said: Said) -> str:
    return because(f"{_who(said)} opened the gate of {_target(said)}", said.text("reason"))


def _let_through(said: Said) -> str:
    enough = "" if said.is_true("is_enough") else "; it takes one more person"
    sentence = f"{_who(said)} lets {_nvr(said)} through to {_target(said)} whatever tests say"
    return because(sentence, said.text("reason")) + enough


def _builds(said: Said) -> str:
    return series([name for each in said.builds() if (name := each.text("nvr"))], "a batch")


def _nvr(said: Said) -> str:
    return said.text("nvr") or "a build"


def _target(said: Said) -> str:
    return said.text("target") or said.text("gate") or "the target"


def _who(said: Said) -> str:
    return said.text("agent") or "somebody"


GATE_SENTENCES: Final[Mapping[str, Callable[[Said], str]]] = {
    "gate.batch.open": _opened,
    "gate.batch.testing": _testing,
    "gate.batch.passed": _passed,
    "gate.batch.failed": _failed,
    "gate.batch.hold": _holds,
    "gate.build.accepted": _accepted,
    "gate.build.quarantined": _quarantined,
    "gate.build.released": _released,
    "gate.build.superseded": _superseded,
    "gate.build.gone": _gone,
    "gate.build.reminder": _reminded,
    "gate.build.retry": _again,
    "gate.closed": _closed,
    "gate.opened": _opened_again,
    "gate.passed_by_people": _let_through,
}

"""What does a message mean to us: an event, or nothing and why?"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from relengotron.errors import MalformedInput
from relengotron.messages.envelope import Envelope
from relengotron.messages.gilmsg import ACK
from relengotron.messages.incoming import (
    anitya,
    bodhi,
    gilmsg,
    hotness,
    koji,
    pdc,
    person,
    relengotron,
    resultsdb,
    taskotron,
)
from relengotron.model.events import Event, Ignored, UpdateChange

Parser = Callable[[Mapping[str, Any]], Event | Ignored]

PARSERS: Final[Mapping[str, Parser]] = {
    "bodhi.masher.start": bodhi.push_requested,
    "bodhi.composer.start": bodhi.push_requested,
    **{
        f"bodhi.update.{what}": partial(bodhi.update_changed, what)
        for what in UpdateChange
        if what is not UpdateChange.COMMENT
    },
    f"bodhi.update.{UpdateChange.COMMENT}": bodhi.update_commented,
    "buildsys.task.state.change": koji.task_state_changed,
    "buildsys.tag": koji.build_tagged,
    "buildsys.untag": koji.build_untagged,
    "buildsys.rpm.sign": koji.rpm_signed,
    **{
        f"pdc.release-component-relationships.{what}": pdc.relationship_changed
        for what in ("added", "changed", "removed")
    },
    **{f"pdc.release-components.{what}": pdc.component_changed for what in ("changed", "removed")},
    **{f"pdc.component-relationship-types.{what}": pdc.relation_type_changed for what in ("changed", "removed")},
    "taskotron.result.new": taskotron.result_stored,
    "resultsdb.result.new": resultsdb.result_stored,
    "anitya.project.version.update": anitya.version_released,
    **{f"hotness.update.{what}": hotness.version_followed for what in ("bug.file", "bug.followup", "drop")},
    "relengotron.push.request": relengotron.push_requested,
    ACK: gilmsg.message_acknowledged,
}

ONLY_TELL: Final = tuple(topic for topic in PARSERS if topic.startswith(("anitya.", "hotness.")))
"""Topics that lead to words about a build and to nothing else: whoever does without them need not say so."""

WISHES: Final[Mapping[str, Parser]] = {
    f"{person.WISHES}retry": person.retry_wished,
    f"{person.WISHES}cancel": person.cancel_wished,
    f"{person.WISHES}rollback": person.rollback_wished,
    f"{person.WISHES}eject": person.ejection_wished,
    f"{person.WISHES}rollout": person.rollout_wished,
    f"{person.WISHES}waive": person.waiver_wished,
    f"{person.WISHES}unwaive": person.withdrawal_wished,
    f"{person.WISHES}appointment": person.appointment_wished,
    f"{person.WISHES}gate.close": person.gate_closing_wished,
    f"{person.WISHES}gate.open": person.gate_opening_wished,
    f"{person.WISHES}gate.pass": person.pass_wished,
    f"{person.WISHES}quarantine": person.quarantine_wished,
}

_REASONS: Final[Mapping[str, str]] = {
    "relengotron.": "an announcement of relengotron itself",
    "bodhi.mashtask.": "Bodhi's report about a push of its own; its REST API is read instead",
    "bodhi.compose.": "Bodhi's report about a push of its own; its REST API is read instead",
    "bodhi.repo.done": "Bodhi's report about a push of its own; its REST API is read instead",
    "bodhi.update.complete.": "Bodhi's report about a push that is over",
    "bodhi.update.karma.": "karma; it matters once it leads to a request",
    "bodhi.update.": "a change of an update that does not touch a push",
    "bodhi.buildroot_override.": "a buildroot override; it does not change what is pushed",
    "bodhi.updates.": "a report about a mirror; what is live is looked at from outside",
    "buildsys.build.state.change": "the state of a build; it is read from Koji when a push needs it",
    "buildsys.repo.": "a build root repository of Koji; nothing published",
    "buildsys.package.list.change": "a package list of Koji; it is read when a push needs it",
    "anitya.": "something else about upstream projects than a version",
    "hotness.": "something else about upstream projects than a version",
    "pdc.": "a change in PDC of something else than what contains what",
    "pungi.": "a compose made by Pungi outside our runs",
    "compose.": "a nightly compose made outside our runs",
}


def understand(envelope: Envelope) -> Event | Ignored:
    """Say what the message means.

    Raises:
        MalformedInput: the topic is ours to act on, but the body is not what it claims to be.
    """
    parser = PARSERS.get(envelope.suffix) or WISHES.get(envelope.suffix)
    if parser is None:
        return Ignored(_why_ignored(envelope.suffix))
    try:
        return parser(envelope.body)
    except MalformedInput as error:
        raise MalformedInput(f"{envelope.suffix}: {error}") from None


def _why_ignored(suffix: str) -> str:
    for beginning, reason in _REASONS.items():
        if suffix.startswith(beginning):
            return reason
    return "not a topic relengotron acts on"

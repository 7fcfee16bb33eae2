"""Which waivers count? Only those about exactly this subject, test, product and time, by as many people as needed."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from relengotron.model.gate import Requirement, RequirementState
from relengotron.model.policy import is_named
from relengotron.model.waiver import Waiver

_BY_SUDO: Final = ", by sudo from "
_UNPROVEN: Final = " (who says "
"""As the command line writes the name of somebody who acts by another account, proven by the kernel or not."""

CLOCKS_DIFFER_BY: Final = timedelta(minutes=5)
"""How far the clock of WaiverDB may be from ours; who waives later than now has made that up."""

NOT_TO_BE_WAIVED: Final = frozenset(
    {RequirementState.PASSED, RequirementState.POLICY_MISSING, RequirementState.SOURCE_DOWN}
)
"""A pass needs no waiver; a missing policy is mended in the configuration; who could not be asked may say anything."""


def counting(
    waivers: Iterable[Waiver], requirement: Requirement, product_version: str, now: datetime
) -> tuple[Waiver, ...]:
    """The waivers that count: of each person the newest, unless that one takes back what was waived before."""
    fitting = (
        each
        for each in waivers
        if _fits(each, requirement, product_version)
        and (each.is_active(now) or not each.is_waived)
        and each.at <= now + CLOCKS_DIFFER_BY
        and _may_waive(each.who, requirement)
    )
    newest: dict[str, Waiver] = {}
    for each in sorted(fitting, key=lambda waiver: (waiver.at, waiver.id)):
        newest[_same(each.who)] = each
    return tuple(newest[who] for who in sorted(newest) if newest[who].is_waived)


def is_repeated(waiver: Waiver, given: Iterable[Waiver], now: datetime) -> bool:
    """Whether the same person answers for the same until the same time already; another end is news."""
    said = (waiver.subject_type, waiver.item, waiver.testcase, waiver.scenario, waiver.product_version, waiver.until)
    return any(
        each.is_active(now)
        and _same(each.who) == _same(waiver.who)
        and (each.subject_type, each.item, each.testcase, each.scenario, each.product_version, each.until) == said
        for each in given
    )


def person_of(who: str) -> str:
    """The person behind a name: who changed to another account stays the same person, and a claim makes no other."""
    return who.rpartition(_BY_SUDO)[2].partition(_UNPROVEN)[0]


def _same(who: str) -> str:
    """What two names of one person have in common: WaiverDB and our host may write it in other letters."""
    return person_of(who).casefold()


def _may_waive(who: str, requirement: Requirement) -> bool:
    """Whether every policy that names people names this one."""
    return all(is_named(person_of(who), patterns) for patterns in requirement.waivers_by)


def are_enough(waivers: tuple[Waiver, ...], requirement: Requirement) -> bool:
    """Whether as many different people answer for it as its policies want."""
    return len({_same(each.who) for each in waivers}) >= requirement.waivers_need


def in_words(waivers: tuple[Waiver, ...], requirement: Requirement) -> str:
    """Who waived it until when, and how many are still wanted."""
    by = ", ".join(_person(each) for each in waivers)
    left = requirement.waivers_need - len({_same(each.who) for each in waivers})
    return f"waived by {by}" if left <= 0 else f"waived by {by}; {left} more must"


def _person(waiver: Waiver) -> str:
    until = f" until {waiver.until:%Y-%m-%d %H:%M} UTC" if waiver.until is not None else ""
    return f"{waiver.who}{until}"


def _fits(waiver: Waiver, requirement: Requirement, product_version: str) -> bool:
    return (
        waiver.subject_type == requirement.type
        and waiver.item == requirement.item
        and waiver.testcase == requirement.testcase
        and waiver.product_version == product_version
        and (waiver.scenario is None or waiver.scenario == requirement.scenario)
    )

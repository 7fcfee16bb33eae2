"""Does a push come to its end when services are away in the middle of it, and answers to what was done are lost?

Real fedmsg-hub, real ZeroMQ, real bits. Outages of minutes are outages of seconds here: what matters is that they last
longer than one try.
"""

import signal
from pathlib import Path

import pytest

from relengotron.lab.pushing import Push
from tests.conftest import Tell
from tests.process.account import Account
from tests.process.labs import assert_nothing_is_missing, small_lab, steps_of, until
from tests.process.outages import SERVICES, Outages

SHORT_S, LONG_S = 2.5, 20.0
EARLY, MIDDLE, LATE = "ensure_updates_are_eligible", "ensure_artifacts_are_composed", "ensure_tests_have_verdicts"
OUTAGES = [*(((each,), MIDDLE) for each in SERVICES), *((SERVICES, moment) for moment in (EARLY, MIDDLE, LATE))]


@pytest.mark.chaos
def test_a_push_ends_well_although_every_service_was_away_and_answers_were_lost(
    tmp_path: Path, packages: Path, account: Account, tell: Tell
) -> None:
    with small_lab(tmp_path / "lab", packages) as lab:
        outages, push = Outages(lab), Push(lab)
        outages.lose_answers()
        push.order()
        until(lambda: MIDDLE in steps_of(lab), "composes have begun", lab)
        with outages.away(SERVICES, SHORT_S):
            pass
        assert_nothing_is_missing(lab, push, account)
        tell(f"{outages.answers_lost} answers to changes were lost")
        assert outages.answers_lost >= len(outages.lost)


@pytest.mark.chaos
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("services", "moment"), OUTAGES, ids=lambda part: part if isinstance(part, str) else "+".join(part)
)
def test_a_push_outlives_a_long_outage(
    services: tuple[str, ...], moment: str, tmp_path: Path, packages: Path, account: Account
) -> None:
    with small_lab(tmp_path / "lab", packages) as lab:
        outages, push = Outages(lab), Push(lab)
        push.order()
        until(lambda: moment in steps_of(lab), moment, lab)
        with outages.away(services, LONG_S):
            pass
        assert_nothing_is_missing(lab, push, account)


@pytest.mark.chaos
@pytest.mark.timeout(300)
def test_a_hub_that_is_killed_while_every_service_is_away_goes_on_when_they_are_back(
    tmp_path: Path, packages: Path, account: Account
) -> None:
    with small_lab(tmp_path / "lab", packages) as lab:
        outages, push = Outages(lab), Push(lab)
        outages.lose_answers()
        push.order()
        until(lambda: MIDDLE in steps_of(lab), "composes have begun", lab)
        with outages.away(SERVICES, LONG_S):
            lab.hub.stop(signal.SIGKILL)
            lab.hub.start()
            lab.hub.wait_until_ready()
        assert_nothing_is_missing(lab, push, account)

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relengotron.decisions.remembering import Habits, Remembered, Standing, some_of, weigh

NOW = datetime(2016, 11, 1, 12, 0, tzinfo=UTC)
HABITS = Habits(fresh_for=timedelta(hours=12), usable_for=timedelta(hours=36))


def asked(hours_ago: float, announced_hours_ago: float | None = None, name: str = "bash") -> Remembered:
    announced = None if announced_hours_ago is None else NOW - timedelta(hours=announced_hours_ago)
    return Remembered(name, NOW - timedelta(hours=hours_ago), announced)


@pytest.mark.parametrize(
    ("answer", "standing"),
    [
        (asked(0), Standing.FRESH),
        (asked(11.9), Standing.FRESH),
        (asked(12), Standing.AGED),
        (asked(36), Standing.AGED),
        (asked(36.1), Standing.TOO_OLD),
        (Remembered("bash", None), Standing.UNKNOWN),
        (Remembered("bash", None, NOW), Standing.UNKNOWN),
        (asked(2, announced_hours_ago=1), Standing.DOUBTED),
        (asked(1, announced_hours_ago=2), Standing.FRESH),
        (asked(40, announced_hours_ago=1), Standing.TOO_OLD),
        (asked(20, announced_hours_ago=1), Standing.DOUBTED),
        (asked(-0.05), Standing.FRESH),
        (asked(-2), Standing.TOO_OLD),
    ],
)
def test_an_answer_is_worth_what_its_age_and_the_news_since_leave_of_it(answer: Remembered, standing: Standing) -> None:
    assert answer.standing(HABITS, NOW) is standing


def test_an_answer_that_came_right_after_the_news_may_still_be_from_before_it() -> None:
    announced = NOW - timedelta(hours=1)
    young, old = (Remembered("bash", announced + timedelta(seconds=after), announced) for after in (30, 31))

    assert young.standing(HABITS, NOW) is Standing.DOUBTED
    assert old.standing(HABITS, NOW) is Standing.FRESH


def test_a_name_stands_as_the_worst_of_its_answers_does() -> None:
    answers = [asked(1), asked(20), asked(1, name="zsh"), asked(1, name="dash"), asked(2, 1, name="dash")]

    memory = weigh(("bash", "dash", "zsh", "ksh"), 2, answers, HABITS, NOW)

    assert memory.standings == {
        "bash": Standing.AGED,
        "dash": Standing.DOUBTED,
        "zsh": Standing.UNKNOWN,
        "ksh": Standing.UNKNOWN,
    }
    assert memory.wanted == ("bash", "dash", "zsh", "ksh")
    assert memory.useless == ("zsh", "ksh")
    assert memory.which_are(Standing.DOUBTED) == ("dash",)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(-3, 50), st.none() | st.integers(-3, 50))), st.data())
def test_the_order_of_what_is_remembered_does_not_matter_and_what_is_fresh_is_usable(
    said: list[tuple[str, int, int | None]], data: st.DataObject
) -> None:
    answers = [asked(ago, announced, name) for name, ago, announced in said]
    shuffled = data.draw(st.permutations(answers))

    memory = weigh(("a", "b", "c"), 1, answers, HABITS, NOW)

    assert weigh(("a", "b", "c"), 1, shuffled, HABITS, NOW) == memory
    assert set(memory.useless) <= set(memory.wanted)
    assert set(memory.wanted) | set(memory.which_are(Standing.FRESH)) == {"a", "b", "c"}


def test_many_names_are_told_shortly() -> None:
    assert some_of(("bash",)) == "bash"
    assert some_of(("bash", "dash", "zsh")) == "bash, dash, zsh"
    assert some_of(("bash", "dash", "zsh", "ksh", "fish")) == "bash, dash, zsh and 2 more"

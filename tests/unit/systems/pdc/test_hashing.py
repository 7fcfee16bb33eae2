"""Is the order of Python 2 dictionaries what Python 2.7 on 64 bits really yields?"""

import json

import pytest

from relengotron.systems.pdc.simulated.hashing import dumps, hash_order, python2_repr


def test_a_dictionary_grows_while_it_is_filled() -> None:
    names = [f"package-{number}" for number in range(100)]

    assert sorted(hash_order(names)) == sorted(names)
    assert hash_order(names) != names


def test_a_repeated_key_counts_once() -> None:
    assert hash_order(["b", "a", "b"]) == ["a", "b"]


@pytest.mark.parametrize(
    ("keys", "order"),
    [
        (["name", "short", "version"], ["short", "name", "version"]),
        (
            ["kernel", "zsh", "dash", "fish", "bash", "ksh", "mksh"],
            ["kernel", "mksh", "fish", "dash", "zsh", "ksh", "bash"],
        ),
        (["", "é", "x" * 100], ["", "é", "x" * 100]),
    ],
)
def test_orders_seen_on_python_2(keys: list[str], order: list[str]) -> None:
    assert hash_order(keys) == order


def test_texts_of_the_change_log_are_in_that_order() -> None:
    assert json.loads(dumps({"b": [{"y": 1, "x": 2}], "a": None})) == {"a": None, "b": [{"x": 2, "y": 1}]}
    assert dumps({"b": 1, "a": 2}) == '{"a": 2, "b": 1}'


def test_error_texts_show_values_as_python_2_prints_them() -> None:
    assert python2_repr({"id": 7, "name": ["a", None]}) == "{u'id': 7, u'name': [u'a', None]}"

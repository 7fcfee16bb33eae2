"""Whatever people write, it is a configuration or a refusal that says where."""

import shutil
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relengotron.errors import SettingsError
from relengotron.settings import load

EXAMPLE = Path(__file__).parents[3] / "config"
FILES = ("relengotron.yaml", "systems.yaml", "releases.yaml", "artifacts/repos.yaml", "artifacts/atomic.yaml")
CONTENT = {name: yaml.safe_load((EXAMPLE / name).read_text()) for name in FILES}

Place = tuple[Any, ...]


def places(value: Any, key: Place = ()) -> list[Place]:
    """The key path of everything inside."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [key, *(place for name, each in inside for place in places(each, (*key, name)))]


PLACES = [(name, place) for name, content in CONTENT.items() for place in places(content) if place]
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


def replaced(value: Any, place: Place, by: Any) -> Any:
    """The value with something else at one place."""
    if not place:
        return by
    if isinstance(value, dict):
        return {name: replaced(each, place[1:], by) if name == place[0] else each for name, each in value.items()}
    return [replaced(each, place[1:], by) if number == place[0] else each for number, each in enumerate(value)]


def mistakes_in(directory: Path) -> list[str]:
    """Every mistake, none when the tree can be used."""
    try:
        load(directory, examine_secrets=False)
    except SettingsError as refused:
        return str(refused).split("\n")
    return []


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=st.sampled_from(PLACES), odd=ODD)
def test_an_odd_value_anywhere_is_accepted_or_refused_with_its_file(
    where: tuple[str, Place], odd: Any, tmp_path: Path
) -> None:
    directory = tmp_path / "config"
    shutil.rmtree(directory, ignore_errors=True)
    shutil.copytree(EXAMPLE, directory)
    name, place = where
    (directory / name).write_text(yaml.safe_dump(replaced(CONTENT[name], place, odd), allow_unicode=True))
    assert all(line.startswith(str(directory)) for line in mistakes_in(directory))

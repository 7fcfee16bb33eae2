"""Does every list of the PDC stand-in filter, order, page and choose keys by the same rules?"""

import pytest

from tests.unit.systems.pdc.api import Api, add_components


def ids(rows: list[dict[str, object]]) -> list[object]:
    return [row["release_id"] for row in rows]


@pytest.fixture
def many(api: Api) -> Api:
    for version in ("10", "9", "8"):
        for kind in ("updates", "ga"):
            api.post("releases/", {"name": f"Nix {version}", "short": "nix", "version": version, "release_type": kind})
    api.post("global-components/", [{"name": f"package-{number:03}"} for number in range(130)])
    return api


def test_releases_are_ordered_by_the_numbers_of_their_version(many: Api) -> None:
    listed = ids(many.get("releases/?page_size=-1"))

    assert listed == ["nix-8-updates", "nix-8", "nix-9-updates", "nix-9", "nix-10-updates", "nix-10"]


def test_an_ordering_is_by_text_and_may_have_a_second_key(many: Api) -> None:
    listed = ids(many.get("releases/?page_size=0&ordering=release_type,-version"))

    assert listed == ["nix-9", "nix-8", "nix-10", "nix-9-updates", "nix-8-updates", "nix-10-updates"]


def test_an_unknown_ordering_key_is_an_error(many: Api) -> None:
    detail = many.refused("GET", "releases/?ordering=colour")["detail"]

    assert detail.startswith("Unknown query key: [u'colour'] not in fields: [")


def test_a_repeated_filter_means_or_and_different_filters_mean_and(many: Api) -> None:
    listed = ids(many.get("releases/?version=8&version=10&release_type=ga&page_size=-1"))

    assert listed == ["nix-8", "nix-10"]


def test_a_filter_that_takes_one_value_uses_the_last(mageia: Api) -> None:
    add_components(mageia, "mageia-7", "rpm", "zsh")
    add_components(mageia, "mageia-7", "container", "base")

    assert [row["name"] for row in mageia.get("release-components/?type=rpm&type=container&page_size=-1")] == ["base"]


def test_an_empty_value_matches_nothing_where_values_repeat_and_everything_elsewhere(many: Api) -> None:
    assert many.get("releases/?short=")["count"] == 0
    assert many.get("releases/?short=&short=nix")["count"] == 6
    assert many.get("releases/?active=")["count"] == 6
    assert many.get("component-branches/?name=")["count"] == 0


@pytest.mark.parametrize(("text", "count"), [("TRUE", 6), ("t", 6), ("1", 6), ("False", 0), ("F", 0), ("0", 0)])
def test_booleans_have_three_spellings_in_any_case(many: Api, text: str, count: int) -> None:
    assert many.get(f"releases/?active={text}")["count"] == count


def test_a_boolean_that_is_none_is_an_error(many: Api) -> None:
    assert many.refused("GET", "releases/?active=yes") == {"detail": "yes is not a valid boolean value"}


def test_all_unknown_parameters_are_named_in_order(many: Api) -> None:
    answer = many.refused("GET", "releases/?zeta=1&short=nix&alpha=2")

    assert answer == {"detail": "Unknown query params: alpha, zeta."}


def test_pages_hold_twenty_rows_unless_asked_and_never_more_than_a_hundred(many: Api) -> None:
    assert len(many.get("global-components/")["results"]) == 20
    assert len(many.get("global-components/?page_size=7")["results"]) == 7
    assert len(many.get("global-components/?page_size=500")["results"]) == 100
    assert len(many.get("global-components/?page_size=many")["results"]) == 20
    assert len(many.get("global-components/?page_size=-3")) == 130


def test_links_to_other_pages_keep_the_question_sorted_by_key(many: Api) -> None:
    page = many.get("releases/?version=9&short=nix&version=8&page_size=2&page=2")

    base = "http://localhost/rest_api/v1/releases/"
    assert page["next"] is None
    assert page["previous"] == f"{base}?page_size=2&short=nix&version=9&version=8"
    assert many.get("releases/?page_size=4")["next"] == f"{base}?page=2&page_size=4"


@pytest.mark.parametrize("page", ["0", "99", "x"])
def test_a_page_that_is_not_there_is_404(many: Api, page: str) -> None:
    assert many.refused("GET", f"releases/?page={page}", status=404) == {"detail": "Invalid page."}


def test_the_first_page_of_nothing_is_there(api: Api) -> None:
    assert api.get("rpms/?page=1") == {"count": 0, "next": None, "previous": None, "results": []}


def test_keys_are_chosen_and_left_out(many: Api) -> None:
    row = many.get("releases/nix-8/?fields=short,version&fields=active&exclude_fields=version")

    assert row == {"short": "nix", "active": True}


def test_an_unknown_key_to_choose_is_an_error(many: Api) -> None:
    assert many.refused("GET", "releases/?fields=hue") == {"detail": 'Unknown fields in "fields" filter: hue'}
    answer = many.refused("GET", "releases/?exclude_fields=hue")
    assert answer == {"detail": 'Unknown fields in "exclude_fields" filter: hue'}


def test_null_is_a_value_of_integrated_with(many: Api) -> None:
    many.patch("releases/nix-9-updates/", {"integrated_with": "nix-9"})

    assert many.get("releases/?integrated_with=null")["count"] == 5
    assert ids(many.get("releases/?integrated_with=nix-9&page_size=-1")) == ["nix-9-updates"]


def test_relationship_filters_repeat_and_are_anded(contained: Api) -> None:
    path = "release-component-relationships/?page_size=-1&type=ImageIncludesRPM&type=OSTreeIncludesRPM"

    rows = contained.get(
        f"{path}&to_component_name=fish&to_component_name=dash&from_component_release=mageia-7-updates"
    )

    assert [(row["from_component"]["name"], row["to_component"]["name"]) for row in rows] == [
        ("live", "dash"),
        ("desktop", "dash"),
        ("desktop", "fish"),
    ]
    assert contained.get(f"{path}&to_component_name=zsh&from_component_name=desktop") == []
    assert contained.get(f"{path}&to_component_release=mageia-7") == []


def test_components_found_by_name_come_in_the_order_of_their_ids(contained: Api) -> None:
    rows = contained.get("release-components/?name=fish&name=zsh&page_size=-1")

    assert [row["name"] for row in rows] == ["zsh", "fish"]

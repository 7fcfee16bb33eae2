"""A PDC stand-in with a product of our own invention."""

from typing import Any

import pytest

from relengotron.systems.pdc.simulated import PdcState
from tests.unit.systems.pdc.api import Api, Clock, add_components


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def api(clock: Clock) -> Api:
    heard: list[tuple[str, dict[str, Any]]] = []
    return Api(PdcState(clock=clock, announce=lambda topic, body: heard.append((topic, body))), heard)


@pytest.fixture
def mageia(api: Api) -> Api:
    """A product with two releases."""
    api.post("products/", {"short": "mageia", "name": "Mageia"})
    api.post("product-versions/", {"name": "Mageia", "version": "7", "product": "mageia"})
    for kind in ("ga", "updates"):
        body = {"name": "Mageia", "short": "mageia", "version": "7", "release_type": kind}
        api.post("releases/", {**body, "product_version": "mageia-7", "dist_git": {"branch": "m7"}})
    return api


@pytest.fixture
def contained(mageia: Api) -> Api:
    """Packages zsh, dash and fish; an image holds the first two, an OSTree the last two."""
    zsh, dash, fish = add_components(mageia, "mageia-7-updates", "rpm", "zsh", "dash", "fish")
    (image,) = add_components(mageia, "mageia-7-updates", "image", "live")
    (tree,) = add_components(mageia, "mageia-7-updates", "ostree", "desktop")
    pairs = [(image, zsh, "ImageIncludesRPM"), (image, dash, "ImageIncludesRPM")]
    pairs += [(tree, dash, "OSTreeIncludesRPM"), (tree, fish, "OSTreeIncludesRPM")]
    rows = [{"from_component": {"id": a}, "to_component": {"id": b}, "type": kind} for a, b, kind in pairs]
    mageia.post("release-component-relationships/", rows)
    return mageia

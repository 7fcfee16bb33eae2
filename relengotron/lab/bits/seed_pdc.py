"""How does the lab's PDC learn what is made from what?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import requests

from relengotron.errors import RequestRefused
from relengotron.lab.bits.artifacts import SHIPPED, contents
from relengotron.lab.bits.build import Built

TIMEOUT = (5, 60)
COMMENT = "first fill of the lab"
RELEASE_TYPES = ("ga", "updates")
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Pdc:
    base: str
    session: requests.Session

    def post(self, resource: str, body: Row | Sequence[Row]) -> Any:
        """Create one thing, or several in one request; the answer is what PDC made."""
        answer = self.session.post(f"{self.base.rstrip('/')}/{resource}/", json=body, timeout=TIMEOUT)
        if answer.status_code != requests.codes.created:
            raise RequestRefused(f"PDC answered {answer.status_code} to POST {resource}: {answer.text[:500]}")
        return answer.json()


def seed_pdc(
    base: str,
    token: str,
    builds: Sequence[Built],
    releases: Iterable[str] = ("24", "25"),
    session: requests.Session | None = None,
) -> None:
    """Fill an empty PDC: product, releases, components of packages and artifacts, and which artifact includes which.

    Args:
        base: the address with its path, such as ``http://127.0.0.1:5002/rest_api/v1``.
    """
    web = session or requests.Session()
    web.headers.update({"Authorization": f"Token {token}", "PDC-Change-Comment": COMMENT})
    pdc = _Pdc(base, web)
    pdc.post("products", {"short": "fedora", "name": "Fedora"})
    pdc.post("global-components", [{"name": name} for name in _global_names(builds)])
    for release in releases:
        _seed_release(pdc, release, builds)


def _global_names(builds: Iterable[Built]) -> list[str]:
    return sorted({*_binary_names(builds), *(each.name for each in SHIPPED)})


def _binary_names(builds: Iterable[Built]) -> list[str]:
    return sorted({binary.name for build in builds for binary in build.source.binaries})


def _seed_release(pdc: _Pdc, number: str, builds: Sequence[Built]) -> None:
    product = {"name": "Fedora", "short": "fedora", "version": number}
    pdc.post("product-versions", {**product, "product": "fedora"})
    includes = {name: sorted({each.name for each in packages}) for name, packages in contents(builds, number).items()}
    for kind in RELEASE_TYPES:
        about = {"release_type": kind, "product_version": f"fedora-{number}", "dist_git": {"branch": f"f{number}"}}
        release = pdc.post("releases", {**product, **about})["release_id"]
        _seed_components(pdc, release, builds, includes)


def _seed_components(pdc: _Pdc, release: str, builds: Sequence[Built], includes: Mapping[str, Sequence[str]]) -> None:
    mine = [build for build in builds if f"fedora-{build.distribution}" in (release, release.removesuffix("-updates"))]
    wanted = [(name, "rpm") for name in _binary_names(mine)] + [(each.name, each.type) for each in SHIPPED]
    rows = [{"name": name, "global_component": name, "release": release, "type": kind} for name, kind in wanted]
    made = cast("list[Row]", pdc.post("release-components", rows))
    ids = {(row["name"], row["type"]): row["id"] for row in made}
    relations = [
        {
            "type": each.relation,
            "from_component": {"id": ids[each.name, each.type]},
            "to_component": {"id": ids[package, "rpm"]},
        }
        for each in SHIPPED
        for package in includes[each.name]
    ]
    pdc.post("release-component-relationships", relations)

"""Which binary rpms does a source package put where, after people's overrides?"""

from collections.abc import Iterable

from relengotron.systems.pdc.simulated.call import Answer, Call
from relengotron.systems.pdc.simulated.catalogue.releases import composes_of
from relengotron.systems.pdc.simulated.refusals import Refusal
from relengotron.systems.pdc.simulated.rows import Row

Place = tuple[str, str, str]
Places = dict[Place, dict[str, bool]]
"""Variant, arch and rpm name to the rpm's arches, each with whether it is included."""
Shown = dict[str, dict[str, dict[str, list[str]]]]


def map_compose(call: Call, compose_id: str, package: str) -> Answer:
    """``GET composes/<id>/rpm-mapping/<srpm>/``."""
    compose = call.one("composes", "compose_id", compose_id)
    places = _with_overrides(_built(compose, compose["release"], package, call), compose["release"], package, call)
    return Answer(200, _shown(places), rows=1)


def map_release(call: Call, release_id: str, package: str) -> Answer:
    """``GET releases/<id>/rpm-mapping/<srpm>/``: that of the newest compose."""
    release = call.one("releases", "release_id", release_id)
    composes = composes_of(release, call)
    built = _built(composes[-1], release, package, call) if composes else {}
    shown = _shown(_with_overrides(built, release, package, call))
    if not shown:
        raise Refusal(404, {"detail": f"Package {package} not present in release {release_id}"})
    compose_id = composes[-1]["compose_id"] if composes else None
    return Answer(200, {"compose": compose_id, "mapping": shown}, rows=1)


def _built(compose: Row, release: Row, package: str, call: Call) -> Places:
    """What the compose holds of the package, in the trees that the release has."""
    trees = {
        (variant["variant_uid"], arch["name"])
        for variant in call.table("variants").where("release", release)
        for arch in variant["arches"]
    }
    places: Places = {}
    for row in call.table("compose_rpms").where("compose", compose):
        rpm, tree = row["rpm"], (row["tree"]["variant_uid"], row["tree"]["arch"]["name"])
        if rpm["srpm_name"] == package and tree in trees:
            places.setdefault((*tree, rpm["name"]), {})[rpm["arch"]] = True
    return places


def _with_overrides(places: Places, release: Row, package: str, call: Call) -> Places:
    """Apply the overrides; one that changes nothing is deleted, unless it is protected."""
    if call.query.get("disable_overrides"):
        return places
    for override in call.table("overrides").where("release", release):
        if override["srpm_name"] != package:
            continue
        arches = places.get((override["variant"], override["arch"], override["rpm_name"]), {})
        if (override["rpm_arch"] in arches) is not override["include"]:
            arches[override["rpm_arch"]] = override["include"]
            places[override["variant"], override["arch"], override["rpm_name"]] = arches
        elif not override["do_not_delete"]:
            call.table("overrides").remove(override)
    return places


def _shown(places: Places) -> Shown:
    shown: Shown = {}
    for (variant, arch, name), arches in sorted(places.items()):
        if included := _included(arches.items()):
            shown.setdefault(variant, {}).setdefault(arch, {})[name] = included
    return shown


def _included(arches: Iterable[tuple[str, bool]]) -> list[str]:
    return sorted(arch for arch, included in arches if included)

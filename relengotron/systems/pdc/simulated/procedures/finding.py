"""Which composes hold an rpm, and which older one has another version of it?"""

from typing import Any

from relengotron.systems.pdc.simulated.call import Answer, Call
from relengotron.systems.pdc.simulated.catalogue.rpms import RPM, nevra
from relengotron.systems.pdc.simulated.dependencies import version_key
from relengotron.systems.pdc.simulated.ordering import compose_order
from relengotron.systems.pdc.simulated.refusals import Refusal, not_found
from relengotron.systems.pdc.simulated.rows import Row

_YES = ("true", "t", "True", "1")
_NO = ("false", "f", "False", "0")


def find_by_release(call: Call, release_id: str, rpm_name: str) -> Answer:
    """``GET rpc/find-compose-by-release-rpm/<release>/<rpm>/``: oldest first."""
    composes = [one for one in _living(call) if one["release"]["release_id"] == release_id]
    return _found(composes, rpm_name, call)


def find_by_product_version(call: Call, product_version: str, rpm_name: str) -> Answer:
    """``GET rpc/find-composes-by-product-version-rpm/<product version>/<rpm>/``."""
    composes = [
        one
        for one in _living(call)
        if (version := one["release"]["product_version"]) and version["product_version_id"] == product_version
    ]
    return _found(composes, rpm_name, call)


def find_older(call: Call, compose_id: str, rpm_name: str) -> Answer:
    """``GET rpc/find-older-compose-by-compose-rpm/<compose>/<rpm>/``: the newest that has another version."""
    as_objects = _asked(call, "to_dict")
    compose = call.one("composes", "compose_id", compose_id)
    current = {_version(rpm) for rpm in _rpms(compose, rpm_name, call)}
    for older in sorted(_living(call), key=compose_order, reverse=True):
        rpms = _rpms(older, rpm_name, call)
        if _may_be_older(older, compose) and {_version(rpm) for rpm in rpms} - current:
            return Answer(200, _shown(older, rpms, as_objects, call), rows=1)
    raise not_found()


def _may_be_older(older: Row, compose: Row) -> bool:
    release = older["release"]
    return (
        older is not compose
        and older["compose_date"] <= compose["compose_date"]
        and release["short"] == compose["release"]["short"]
        and (release["release_type"]["short"] == "ga" or release is compose["release"])
    )


def _living(call: Call) -> list[Row]:
    """The composes that are not deleted, of the types the request asks for."""
    included, excluded = (call.query.get(f"{word}_compose_type") for word in ("included", "excluded"))
    return [
        one
        for one in call.table("composes")
        if not one["deleted"]
        and (not included or one["compose_type"]["name"] == included)
        and (not excluded or one["compose_type"]["name"] != excluded)
    ]


def _found(composes: list[Row], rpm_name: str, call: Call) -> Answer:
    latest, as_objects = _asked(call, "latest"), _asked(call, "to_dict")
    composes = sorted(composes, key=compose_order)
    if latest:
        composes = composes[-1:]
    shown = [_shown(one, _rpms(one, rpm_name, call), as_objects, call) for one in composes]
    return Answer(200, shown, rows=len(shown))


def _asked(call: Call, param: str) -> bool:
    text = call.query.get(param)
    if not text or text in _NO:
        return False
    if text in _YES:
        return True
    raise Refusal(400, [f"Value [{text}] is not a boolean"])


def _rpms(compose: Row, rpm_name: str, call: Call) -> list[Row]:
    kept = call.table("compose_rpms").where("compose", compose)
    found = {row["rpm"]["id"]: row["rpm"] for row in kept if row["rpm"]["name"] == rpm_name}
    return sorted(found.values(), key=lambda rpm: tuple(rpm[one] for one in ("epoch", "version", "release", "arch")))


def _version(rpm: Row) -> tuple[Any, ...]:
    return (rpm["epoch"], version_key(rpm["version"]), version_key(rpm["release"]))


def _shown(compose: Row, rpms: list[Row], as_objects: bool, call: Call) -> dict[str, Any]:
    packages: list[Any] = [f"{nevra(rpm)}.rpm" for rpm in rpms]
    if as_objects:
        packages = [{key: value for key, value in RPM.show(rpm, call).items() if key != "dependencies"} for rpm in rpms]
    return {"compose": compose["compose_id"], "packages": packages}

"""Which code answers which address?"""

import re
from collections.abc import Callable, Mapping
from functools import partial

from relengotron.systems.pdc.simulated.addresses import show_root
from relengotron.systems.pdc.simulated.call import Answer, Call
from relengotron.systems.pdc.simulated.catalogue import RESOURCES
from relengotron.systems.pdc.simulated.listing import check_params
from relengotron.systems.pdc.simulated.procedures import (
    cloning,
    composing,
    finding,
    importing,
    labelling,
    manifests,
    mapping,
    overriding,
    releasing,
    repositories,
)
from relengotron.systems.pdc.simulated.refusals import method_not_allowed
from relengotron.systems.pdc.simulated.verbs import on_collection, on_row

Act = Callable[[Call], Answer]
Procedure = Callable[..., Answer]
_FIND = ("included_compose_type", "excluded_compose_type", "to_dict")


def _procedure(verbs: Mapping[str, Procedure], params: tuple[str, ...] = ()) -> Procedure:
    """One address with a function for each verb it knows."""

    def act(call: Call, **parts: str) -> Answer:
        if call.method not in verbs:
            raise method_not_allowed(call.method)
        check_params(call, params)
        return verbs[call.method](call, **parts)

    return act


def _row_of(path: str) -> Procedure:
    return lambda call, ident: on_row(RESOURCES[path], ident, call)


_ROUTES: tuple[tuple[str, Procedure], ...] = (
    ("", _procedure({"GET": show_root})),
    ("rpc/release/clone/", _procedure({"POST": cloning.clone_release})),
    ("rpc/release/clone-components/", _procedure({"POST": cloning.clone_components})),
    ("rpc/release/import-from-composeinfo/", _procedure({"POST": releasing.import_release})),
    ("rpc/compose-full-import/", _procedure({"POST": importing.import_everything})),
    ("rpc/overrides-rpm/clone/", _procedure({"POST": overriding.clone_overrides})),
    ("rpc/(?:content-delivery-repos|repos)/clone/", _procedure({"POST": repositories.clone_repositories})),
    (
        "rpc/find-compose-by-release-rpm/(?P<release_id>[^/]+)/(?P<rpm_name>[^/]+)/",
        _procedure({"GET": finding.find_by_release}, (*_FIND, "latest")),
    ),
    (
        "rpc/find-composes-by-product-version-rpm/(?P<product_version>[^/]+)/(?P<rpm_name>[^/]+)/",
        _procedure({"GET": finding.find_by_product_version}, (*_FIND, "latest")),
    ),
    (
        "rpc/find-older-compose-by-compose-rpm/(?P<compose_id>[^/]+)/(?P<rpm_name>[^/]+)/",
        _procedure({"GET": finding.find_older}, _FIND),
    ),
    ("compose-rpms/", _procedure({"POST": importing.import_rpms})),
    ("compose-rpms/(?P<compose_id>[^/]+)/", _procedure({"GET": manifests.show_rpms})),
    ("compose-images/", _procedure({"POST": importing.import_images})),
    ("compose-images/(?P<compose_id>[^/]+)/", _procedure({"GET": manifests.show_images})),
    (
        "composes/(?P<compose_id>[^/]+)/rpm-mapping/(?P<package>[^/]+)/",
        _procedure({"GET": mapping.map_compose}, ("disable_overrides", "perform")),
    ),
    (
        "releases/(?P<release_id>[^/]+)/rpm-mapping/(?P<package>[^/]+)/",
        _procedure({"GET": mapping.map_release}, ("disable_overrides",)),
    ),
    ("composes/", composing.on_composes),
    ("composes/(?P<compose_id>[^/]+)/", composing.on_compose),
    ("overrides/rpm/", overriding.on_overrides),
    ("global-components/(?P<component>[^/]+)/labels/", labelling.on_labels),
    ("global-components/(?P<component>[^/]+)/labels/(?P<label>[^/]+)/", labelling.on_label),
    *(
        (f"{path}/", partial(lambda resource, call: on_collection(resource, call), one))
        for path, one in RESOURCES.items()
    ),
    *(
        (f"{path}/(?P<ident>.+)/", _row_of(path))
        for path, one in RESOURCES.items()
        if one.verbs & {"retrieve", "delete"}
    ),
)
_COMPILED = tuple((re.compile(pattern), act) for pattern, act in _ROUTES)


def find_act(path: str) -> Act | None:
    """The code behind a path below the API root; None when there is none."""
    for pattern, act in _COMPILED:
        if found := pattern.fullmatch(path):
            return partial(act, **found.groupdict())
    return None

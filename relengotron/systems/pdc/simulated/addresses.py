"""Which addresses does the root of the API announce?

The list is that of the recorded server. The stand-in serves the collections of its catalogue and the procedures of its
route table; the rest answers 404.
"""

from relengotron.systems.pdc.simulated.call import Answer, Call

_ANNOUNCED = """
    arches auth/current-user auth/group-resource-permissions auth/groups auth/permissions auth/resource-api-urls
    auth/resource-permissions auth/token base-products bugzilla-components build-image-rtt-tests build-images changesets
    component-branch-slas component-branches component-group-types component-groups component-relationship-types
    component-sla-types compose-image-rtt-tests compose-images compose-rpms compose-tree-locations
    compose-tree-rtt-tests composes contact-roles contacts/mailing-lists contacts/people
    content-delivery-content-categories content-delivery-content-formats content-delivery-repo-families
    content-delivery-repos content-delivery-services cpes global-component-contacts global-components images labels
    modules multi-destinations osbs overrides/rpm product-versions products push-targets release-component-contacts
    release-component-relationships release-component-types release-components release-groups release-schedules
    release-types release-variant-types release-variants released-files releases rpc/compose-full-import
    rpc/content-delivery-repos/clone rpc/find-compose-by-release-rpm/{release_id}/{rpm_name}
    rpc/find-composes-by-product-version-rpm/{product_version}/{rpm_name}
    rpc/find-older-compose-by-compose-rpm/{compose_id}/{rpm_name} rpc/overrides-rpm/clone rpc/release/clone
    rpc/release/clone-components rpc/release/import-from-composeinfo rpc/repos/clone rpc/where-to-file-bugs rpms sigkeys
    unreleasedvariants variant-cpes variant-types
"""
_NESTED = {
    "composes/{compose_id}/rpm-mapping": "composes/{compose_id}/rpm-mapping/{package}",
    "global-components/{instance_pk}/labels": "global-components/0/labels",
    "releases/{release_id}/rpm-mapping": "releases/{release_id}/rpm-mapping/{package}",
}


def show_root(call: Call) -> Answer:
    """``GET /``: every address by name."""
    paths = {**{name: name for name in _ANNOUNCED.split()}, **_NESTED}
    return Answer(200, {name: call.url(f"{paths[name]}/") for name in sorted(paths)})

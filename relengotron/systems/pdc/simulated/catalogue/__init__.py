"""Which collections does the stand-in serve?"""

from relengotron.systems.pdc.simulated.catalogue.branches import BRANCHES
from relengotron.systems.pdc.simulated.catalogue.changesets import CHANGESETS
from relengotron.systems.pdc.simulated.catalogue.components import COMPONENTS
from relengotron.systems.pdc.simulated.catalogue.composes import COMPOSES
from relengotron.systems.pdc.simulated.catalogue.products import PRODUCTS
from relengotron.systems.pdc.simulated.catalogue.relationships import RELATIONSHIPS
from relengotron.systems.pdc.simulated.catalogue.releases import RELEASES
from relengotron.systems.pdc.simulated.catalogue.repositories import REPOSITORIES
from relengotron.systems.pdc.simulated.catalogue.rpms import RPMS
from relengotron.systems.pdc.simulated.catalogue.words import WORDS
from relengotron.systems.pdc.simulated.resource import Resource

RESOURCES: dict[str, Resource] = {
    resource.path: resource
    for group in (
        CHANGESETS,
        PRODUCTS,
        RELEASES,
        COMPONENTS,
        RELATIONSHIPS,
        BRANCHES,
        COMPOSES,
        RPMS,
        REPOSITORIES,
        WORDS,
    )
    for resource in group
}

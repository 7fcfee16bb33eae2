"""Does PDC have the kinds of relationship that the configuration names? Administrators define them by hand.

Looked at once after the start, and again as long as one is missing.
"""

import logging
from collections.abc import Collection

from relengotron.engine.relations import RelationIndex
from relengotron.errors import RelengError

log = logging.getLogger(__name__)


class KnownKinds:
    """Asks PDC for its list once; pushes that need a kind which is missing wait and say so."""

    def __init__(self, index: RelationIndex, kinds: Collection[str]) -> None:
        """``kinds`` are the relations that pushes ask for."""
        self._index = index
        self._kinds = tuple(sorted(set(kinds)))
        self._are_known = not self._kinds

    def work(self) -> int:
        """Compare once; 0 when that is done, or PDC does not answer now."""
        if self._are_known:
            return 0
        try:
            lacking = self._index.check_kinds(self._kinds)
        except RelengError as trouble:
            log.info("PDC does not say which relationship types it has", extra={"trouble": str(trouble)})
            return 0
        self._are_known = not lacking
        if lacking:
            facts = {"types": ", ".join(sorted(lacking)), "setting": "systems.pdc.relation_types"}
            log.error("PDC lacks relationship types that are configured: ask its administrators", extra=facts)
        return 1

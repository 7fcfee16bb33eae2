"""How do the commands log?"""

import logging

from relengotron.logbook import FactsBeside


def set_up(verbose: int) -> None:
    """Log to standard error: what we do, and with -v also what we look at."""
    handler = logging.StreamHandler()
    handler.setFormatter(FactsBeside("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    level = logging.DEBUG if verbose else logging.INFO
    logging.basicConfig(level=logging.DEBUG if verbose > 1 else logging.INFO, handlers=[handler], force=True)
    logging.getLogger("relengotron").setLevel(level)

"""How do we tell others how long something still takes?"""

from typing import Any

from relengotron.model.estimate import Eta


def told(eta: Eta | None) -> dict[str, Any] | None:
    """The ETA with its range and where it comes from; None where nothing is left to wait for."""
    if eta is None:
        return None
    rest = eta.rest
    return {
        "text": str(eta),
        "median_s": None if rest is None else round(rest.median, 1),
        "low_s": None if rest is None else round(rest.low, 1),
        "high_s": None if rest is None else round(rest.high, 1),
        "runs": 0 if rest is None else rest.count,
        "scope": None if rest is None else str(eta.scope),
        "overdue": eta.slower_than > 0,
        "unknown": list(eta.unknown),
    }

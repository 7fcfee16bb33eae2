"""Can messages be found that the bus has lost?"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from relengotron.examination.finding import Finding, NotWell, look
from relengotron.messages.incoming import PARSERS
from relengotron.systems.datagrepper.port import Datagrepper

SILENT_FOR: Final = timedelta(days=1)
"""Somebody tags a build or changes an update every day; else most likely nobody listens for datagrepper."""


def findings(datagrepper: Datagrepper | None, now: datetime, *, is_new: bool = False) -> Iterator[Finding]:
    """The history of the bus: that it answers for what we listen to, and that it is still being written.

    Args:
        is_new: the bus itself is as young as a lab's, so that nothing need have been said on it.
    """
    if datagrepper is None:
        yield Finding("datagrepper", True, "not configured: what the bus loses is found by polls only")
        return
    remedy = "look at systems.datagrepper.url in systems.yaml; meanwhile what the bus loses is found by polls only"
    yield look("datagrepper", partial(_answers, datagrepper, now, is_new), remedy)


def _answers(datagrepper: Datagrepper, now: datetime, is_new: bool) -> str:
    categories = sorted({suffix.partition(".")[0] for suffix in PARSERS})
    newest = {category: at for category in categories if (at := datagrepper.newest(category)) is not None}
    where = datagrepper.identity()
    if not newest and is_new:
        return f"{where} is empty yet"
    if not newest:
        raise NotWell(f"{where} has no message of {', '.join(categories)}: it is empty, or listens to another bus")
    last, at = max(newest.items(), key=lambda each: each[1])
    heard = f"the newest message, of {last}, is from {at:%Y-%m-%d %H:%M:%S} UTC"
    if now - at > SILENT_FOR:
        raise NotWell(f"{where} hears nothing any more: {heard}")
    return f"{where} knows {', '.join(newest)}; {heard}"

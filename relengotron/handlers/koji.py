"""What news from Koji leads to: whoever waits for it looks at Koji itself."""

from collections.abc import Iterable

from relengotron.model.events import BuildTagged, BuildUntagged, RpmSigned, TaskStateChanged
from relengotron.model.intents import Intent, Wake
from relengotron.model.outcome import Watch


def task_changed(event: TaskStateChanged) -> Iterable[Intent]:
    """Wake whoever waits for a task that has come to its end."""
    if event.new.is_final:
        yield Wake(Watch("koji.task", str(event.task_id)))


def build_moved(event: BuildTagged | BuildUntagged) -> Iterable[Intent]:
    """Wake whoever waits for a build."""
    yield Wake(Watch("koji.build", event.build))


def rpm_signed(event: RpmSigned) -> Iterable[Intent]:
    """Wake whoever waits for the signatures of a build."""
    if event.build is not None:
        yield Wake(Watch("koji.build", event.build))

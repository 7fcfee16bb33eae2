"""What news from Koji leads to: whoever waits for it looks at Koji itself."""

from collections.abc import Iterable

from relengotron.model.events import BuildTagged, BuildUntagged, RpmSigned, TaskStateChanged
from relengotron.model.intents import CallKeeper, Intent, Wake
from relengotron.model.outcome import TAGS, Watch


def task_changed(event: TaskStateChanged) -> Iterable[Intent]:
    """Wake whoever waits for a task that has come to its end."""
    if event.new.is_final:
        yield Wake(Watch("koji.task", str(event.task_id)))


def build_moved(event: BuildTagged | BuildUntagged) -> Iterable[Intent]:
    """Wake whoever waits for a build, or looks after it where it is, and call the keeper of the tag's gate."""
    yield Wake(Watch("koji.build", event.build))
    yield Wake(Watch(TAGS, event.build))
    yield CallKeeper(event.tag)


def rpm_signed(event: RpmSigned) -> Iterable[Intent]:
    """Wake whoever waits for the signatures of a build."""
    if event.build is not None:
        yield Wake(Watch("koji.build", event.build))

"""Do readers who come through a cache get what is new? Each cache is read as its readers read it."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from relengotron.decisions.purging import is_short_lived
from relengotron.model.artifact import Published
from relengotron.model.outcome import Done, Outcome, Running, Skipped
from relengotron.systems.cdn.port import Cdn
from relengotron.systems.mirror.port import Seen
from relengotron.workflows.pointers import pointers_of
from relengotron.workflows.push import Push, with_updates_left
from relengotron.workflows.reading_back import say_published
from relengotron.workflows.refused_after_the_switch import never_taken_back_for_it
from relengotron.workflows.releasing import Live, ensure_bits_are_live

_SAMPLE = 8
"""A cache cannot show an old state of what never changes, only fail to bring it."""


@with_updates_left
def ensure_caches_show_what_is_new(push: Push) -> Outcome:
    """Readers who come through a cache get the same pointers as those who ask the mirror, and what these lead to."""
    cdn = push.world.cdn
    if cdn is None:
        say_published(push)
        return Skipped("no cache is configured")
    with never_taken_back_for_it():
        late = late_in_caches(push, cdn, push.engine.recall(ensure_bits_are_live, Live).published)
    if not late:
        say_published(push)
        return Done()
    if push.is_late(push.settings.patience.probe):
        return push.hold(late, _until_somebody_comes(push), "relengotron doctor")
    return Running(f"not seen through a cache yet: {'; '.join(late[:3])}", look_again=push.settings.pace.poll)


def _until_somebody_comes(push: Push) -> timedelta:
    """A hold that nobody ended is told anew: the bits are right, and are never taken back because of a cache."""
    patience = push.settings.patience.probe + push.settings.patience.hold
    while push.is_late(patience):
        patience += push.settings.patience.hold
    return patience


def late_in_caches(push: Push, cdn: Cdn, published: tuple[Published, ...]) -> tuple[str, ...]:
    """What some cache does not show as it should; it is told once more to forget, for it may have said yes and lied."""
    expected = {path: sha256 for each in published for path, sha256 in each.expected.items()}
    pointers = _pointers(push, published, expected)
    late = _not_as_expected(cdn.look(pointers))
    if late:
        cdn.purge(pointers)
        late = _not_as_expected(cdn.look(pointers))
    return late or _not_as_expected(cdn.look(_sample(expected, pointers)))


def _pointers(push: Push, published: tuple[Published, ...], expected: Mapping[str, str]) -> dict[str, str]:
    """What each of them should show; of those that other lanes change too, what the mirror shows at this moment."""
    paths = pointers_of(push, published)
    at_the_mirror = push.world.mirror.look({path: "" for path in paths if path not in expected})
    now = {seen.path: seen.sha256 for seen in at_the_mirror if seen.sha256 is not None}
    return {path: checksum for path in paths if (checksum := expected.get(path) or now.get(path))}


def _sample(expected: Mapping[str, str], pointers: Mapping[str, str]) -> dict[str, str]:
    content = sorted(path for path in expected if path not in pointers and not is_short_lived(path))
    return {path: expected[path] for path in content[:: max(1, -(-len(content) // _SAMPLE))]}


def _not_as_expected(seen: Iterable[Seen]) -> tuple[str, ...]:
    return tuple(str(each) for each in seen if not each.is_as_expected)

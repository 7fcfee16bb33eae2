"""Does a reader outside get what was published? What is late is waited for, a lie takes back all the push shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count

from relengotron.errors import Permanent, StateDisagrees, Transient
from relengotron.messages import outgoing
from relengotron.model.artifact import Artifact, Probe, Published
from relengotron.model.codec import from_json, to_json
from relengotron.model.outcome import Again, Done, Failed, FailureKind, Outcome, Running
from relengotron.workflows.bench import in_round
from relengotron.workflows.lagging import is_the_rest_live
from relengotron.workflows.push import Push, with_updates_left
from relengotron.workflows.releasing import Live, ensure_bits_are_live, is_begun, of, round_of, withdrawn
from relengotron.workflows.telling_mirrors import tell_again

WITHDRAW = "withdraw "
"""What the key of a withdrawal begins with."""
MOST_KEPT = 50
"""Sentences about one lie; a lost folder makes thousands that say the same."""


@dataclass(frozen=True, slots=True)
class Doubts:
    """What was read that cannot be, and the attempt of the run that believed it."""

    lies: tuple[str, ...]
    attempt: int


@with_updates_left
def ensure_publication_is_seen_from_outside(push: Push) -> Outcome:
    """A reader outside gets every published bit with the checksum it was tested with."""
    number = round_of(push)
    if number > 1 and not is_begun(push):
        return _publish_again_or_wait(push, number - 1)
    if (doubts := _believed(push, number)) is not None:
        return _take_back(push, number, doubts)
    published = push.engine.recall(ensure_bits_are_live, Live).published
    probes = {each.artifact: _probe(push, each) for each in published}
    if lies := _lies_that_stay(push, number, probes):
        push.engine.remember(f"lies in round {number}", lambda: to_json(Doubts(lies, push.engine.run.attempt)))
        return _take_back(push, number, Doubts(lies, push.engine.run.attempt))
    return wait_until_seen(push, tuple(f"{name}: {each}" for name, probe in probes.items() for each in probe.missing))


def wait_until_seen(push: Push, missing: tuple[str, ...]) -> Outcome:
    """Done when nothing is missing; else it is read again, then a person is asked, and in the end it fails.

    What only follows a push that users have never fails it, which would take all of it back: people are asked again.
    """
    if not missing:
        return Done()
    if push.is_late(push.settings.patience.probe):
        patience = push.settings.patience.probe + push.settings.patience.hold
        while push.is_late(patience) and is_the_rest_live(push):
            patience += push.settings.patience.hold
        if push.is_late(patience):
            return Failed(FailureKind.DEADLINE, f"never seen from outside: {'; '.join(missing[:MOST_KEPT])}")
        return push.hold(missing[:MOST_KEPT], patience, "relengotron doctor")
    return Running(f"not seen from outside yet: {'; '.join(missing[:3])}", look_again=push.settings.pace.poll)


def _probe(push: Push, published: Published) -> Probe:
    artifact, plugin = of(push, published.artifact)
    return plugin.probe(published, push.bench(artifact, {}))


def _lies_that_stay(push: Push, number: int, probes: Mapping[str, Probe]) -> tuple[str, ...]:
    """What was wrong for so long that it is no hiccup: one bad answer must not take a good push back."""
    found: list[str] = []
    for name, probe in probes.items():
        since = _doubted_since(push, number, name, probe)
        if since is not None and push.now() - since >= push.settings.patience.doubt:
            found += probe.lies
    url = push.settings.systems.mirror.url
    return tuple(f"{url}/{lie}" for lie in found[:MOST_KEPT])


def _doubted_since(push: Push, number: int, name: str, probe: Probe) -> datetime | None:
    """Since when it is in doubt; a reader who once got all of it as published ends that, and the next doubt is new."""
    doubts = (f"doubt {nth} in round {number} about {name}" for nth in count(1))
    key = next(each for each in doubts if push.engine.remembered(f"end of {each}") is None)
    if probe.lies:
        return datetime.fromisoformat(push.engine.remember(key, lambda: push.now().isoformat()))
    if probe.is_live and push.engine.remembered(key) is not None:
        push.engine.remember(f"end of {key}", lambda: push.now().isoformat())
    return None


def _believed(push: Push, number: int) -> Doubts | None:
    known = push.engine.remembered(f"lies in round {number}")
    return None if known is None else from_json(Doubts, known)


def _take_back(push: Push, number: int, doubts: Doubts) -> Outcome:
    """Everything that this push published is withdrawn, the last first; what cannot be is tried again at each look."""
    published = push.engine.recall(ensure_bits_are_live, Live).published
    stuck = [why for each in reversed(published) if (why := _withdraw(push, each, number, doubts.lies)) is not None]
    tell_again(push)
    if not stuck:
        push.engine.remember(withdrawn(number), lambda: push.engine.run.attempt)
    return _hold(push, doubts, stuck)


def _withdraw(push: Push, published: Published, number: int, lies: Sequence[str]) -> str | None:
    """An effect, like the publication before it; why it cannot be done, None when it is."""
    artifact, plugin = of(push, published.artifact)
    bench = push.bench(artifact, {}, number=number)
    try:
        push.engine.effect(
            in_round(f"{WITHDRAW}{artifact.name}", number),
            f"withdraw {published.identity} from {artifact.target}",
            do=lambda: to_json(plugin.withdraw(published, artifact, bench)),
            find=lambda _intent: None,
            old=to_json(published),
        )
    except (Permanent, Transient, StateDisagrees) as trouble:  # the others are withdrawn all the same
        push.engine.note("artifact", artifact.name, "failed", f"it cannot be withdrawn: {trouble}")
        return f"{artifact.name} cannot be withdrawn: {trouble}"
    _tell(push, published, number, lies)
    return None


def _tell(push: Push, published: Published, number: int, lies: Sequence[str]) -> None:
    say_withdrawn(push, of(push, published.artifact)[0], published, f"read from outside: {'; '.join(lies[:3])}", number)


def say_withdrawn(push: Push, artifact: Artifact, published: Published, reason: str, number: int = 1) -> None:
    """``artifact.withdrawn``, and why it is not shown any more."""
    told = outgoing.artifact_withdrawn(
        push.facts(), artifact.name, reason, kind=artifact.kind, identity=published.identity
    )
    push.say(in_round(f"withdrawn {artifact.name}", number), told)
    facts = {"identity": published.identity, "kind": artifact.kind, "target": artifact.target}
    push.engine.note("artifact", artifact.name, "withdrawn", reason, facts)


def _hold(push: Push, doubts: Doubts, stuck: Sequence[str] = ()) -> Outcome:
    """Wait for a person, with what was expected, what was read, and where; then fail, which takes the rest back."""
    patience = push.settings.patience.doubt + push.settings.patience.probe + push.settings.patience.hold
    if push.is_late(patience):
        return Failed(FailureKind.DEADLINE, f"a reader outside got what was not published: {'; '.join(doubts.lies)}")
    run = push.engine.run.id
    what = f"all that this push had published was withdrawn: mend the mirror and retry, which publishes the same bits \
once more, or take the push back with relengotron runs cancel {run}"
    return push.hold((*doubts.lies, *(stuck or (what,))), patience, f"relengotron runs retry {run}")


def _publish_again_or_wait(push: Push, number: int) -> Outcome:
    """What was withdrawn is told at each look: a machine that died right after the last withdrawal has not."""
    doubts = _believed(push, number) or Doubts((), 0)
    for each in reversed(push.engine.recall(ensure_bits_are_live, Live).published):
        _tell(push, each, number, doubts.lies)
    if push.engine.run.attempt > int(push.engine.remembered(withdrawn(number))):
        return Again(ensure_bits_are_live.__name__, f"published once more, after {'; '.join(doubts.lies[:3])}")
    return _hold(push, doubts)


def say_published(push: Push) -> None:
    """``artifact.published`` of everything, once it was seen wherever readers get it."""
    number = round_of(push)
    for each in push.engine.recall(ensure_bits_are_live, Live).published:
        _say_published(push, each, number)


def _say_published(push: Push, published: Published, number: int) -> None:
    artifact, _ = of(push, published.artifact)
    seen = len(published.expected)
    url = f"{push.settings.systems.mirror.url}/{published.links.get('path', artifact.target)}"
    place = f"{url} as {published.links['ref']}" if "ref" in published.links else url
    told = outgoing.artifact_published(
        push.facts(),
        artifact.name,
        kind=artifact.kind,
        identity=published.identity,
        reason=f"{seen} files were read from outside with the expected checksums",
    )
    push.say(in_round(f"published {artifact.name}", number), told)
    facts = {"identity": published.identity, "kind": artifact.kind, "url": url, **published.links}
    push.engine.note("artifact", artifact.name, "published", f"{seen} files seen from outside at {place}", facts)

"""The step of a push to testing that asks testers to try what it changed: one comment on each update in Bodhi."""

import hashlib
import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from relengotron.decisions import inviting
from relengotron.decisions.inviting import Offer
from relengotron.decisions.retrying import FIRST_PAUSE, LONGEST_PAUSE
from relengotron.errors import Permanent, RelengError
from relengotron.model.artifact import HowToTry, Published
from relengotron.model.batch import Update
from relengotron.model.gate import GateAnswer
from relengotron.model.opinions import Opinions
from relengotron.model.outcome import Done, Outcome, Running, Skipped
from relengotron.systems.bodhi.port import NotWelcome
from relengotron.workflows.been_live import TESTING
from relengotron.workflows.judging import ensure_the_gate_is_open
from relengotron.workflows.push import Push, with_updates_left
from relengotron.workflows.reaching import Reached, ensure_affected_artifacts_are_known
from relengotron.workflows.releasing import Live, ensure_bits_are_live

log = logging.getLogger(__name__)

INVITE: Final = "invite "
"""What the key of a comment begins with."""
AT_ONCE: Final = 25
"""So many comments in one look: between two looks somebody may call the run off."""
SOON: Final = timedelta(seconds=1)
OTHERS_WAIT_AFTER: Final = 10
"""A lane that another push waits for is held up for a tenth of the patience at most."""


@with_updates_left
def ensure_testers_are_invited(push: Push) -> Outcome:
    """Each update in testing has one comment in Bodhi: its trees and images, how to try them, and what to test."""
    if push.lane.request != TESTING:
        return Skipped("testers are invited to what is in testing")
    if not push.world.bodhi.can_comment():
        return Skipped("switched off: systems.bodhi names neither token_file nor cookie_file")
    open_ones = _open_ones(push)
    try:
        for update, text in _invitations(push, open_ones[:AT_ONCE]):
            _invite(push, update, text)
    except RelengError as trouble:  # the bits are live, and nothing that Bodhi says may undo that
        return _try_later(push, str(trouble))
    if len(open_ones) > AT_ONCE:
        return Running("testers are being invited in Bodhi", look_again=SOON)
    return _how_it_went(push)


def _open_ones(push: Push) -> list[Update]:
    """The updates of which nobody knows yet what became of their comment."""
    known = push.engine.effect_records([f"{INVITE}{each.alias}" for each in push.shipment().updates])
    over = {key.removeprefix(INVITE) for key, effect in known.items() if effect.is_finished}
    return [each for each in push.shipment().updates if each.alias not in over and _left_out(push, each) is None]


def _left_out(push: Push, update: Update) -> str | None:
    """Why an update stays without a comment; None when it does not, or that is not known yet."""
    reason: str | None = push.engine.remembered(f"{INVITE}{update.alias}")
    return reason


def _leave_out(push: Push, update: Update, reason: str) -> None:
    push.engine.remember(f"{INVITE}{update.alias}", lambda: reason)
    push.engine.note("invitation", update.alias, "left out", reason)


def _invite(push: Push, update: Update, text: str | None) -> None:
    """One comment, whatever dies in between: our own is looked for by its marker before another is made."""
    if text is None:
        _leave_out(push, update, "no tree and no image that went live with this push contains it")
        return
    marker = _marker(push, update)
    try:
        push.engine.effect(
            f"{INVITE}{update.alias}",
            f"comment on {update.alias}: what testers can try",
            do=lambda: _comment(push, update, text, marker),
            find=lambda _intent: marker if push.world.bodhi.has_comment(update.alias, marker) else None,
            settles=push.settings.systems.bodhi.timeout,
        )
    except NotWelcome:
        raise
    except Permanent as refused:
        log.warning("an update stays without a comment", extra={"update": update.alias, "reason": str(refused)})
        _leave_out(push, update, f"Bodhi refused the comment: {refused}")
        return
    push.engine.note("invitation", update.alias, "invited", "testers find in Bodhi what to try", {"text": text})


def _comment(push: Push, update: Update, text: str, marker: str) -> str:
    push.world.bodhi.comment(update.alias, text, marker)
    return marker


def _marker(push: Push, update: Update) -> str:
    """Nobody can write it before us: what it is made of is known to the journal alone."""
    secret: str = push.engine.remember("invitations", lambda: secrets.token_hex(16))
    return f"[relengotron {hashlib.sha256(f'{secret} {update.alias}'.encode()).hexdigest()[:16]}]"


def _invitations(push: Push, updates: Sequence[Update]) -> list[tuple[Update, str | None]]:
    if not updates:
        return []
    offers = _Offers.of(push)
    wanted = {each.alias: each for each in push.world.bodhi.opinions([update.alias for update in updates])}
    return [(update, _words(push, update, offers, wanted)) for update in updates]


def _words(push: Push, update: Update, offers: "_Offers", wanted: Mapping[str, Opinions]) -> str | None:
    found = offers.for_update(update)
    if not found:
        return None
    lane, marker = str(push.lane), _marker(push, update)
    return inviting.invitation(push.engine.run.id, lane, found, wanted.get(update.alias), marker)


@dataclass(frozen=True, slots=True)
class _Offers:
    """What this push published, and whose packages are in it."""

    offers: tuple[Offer, ...]
    reached: Reached
    packages: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, push: Push) -> "_Offers":
        published = push.engine.recall(ensure_bits_are_live, Live).published
        answer = push.engine.recall(ensure_the_gate_is_open, GateAnswer)
        builds = push.world.koji.builds(push.shipment().builds)
        packages = {nvr: build.binary_names for nvr, build in builds.items()}
        repos = {each.name for each in push.artifacts if each.is_repo}
        offers = tuple(_offer(push, each, answer) for each in published if each.artifact not in repos)
        return cls(offers, push.engine.recall(ensure_affected_artifacts_are_known, Reached), packages)

    def for_update(self, update: Update) -> list[Offer]:
        """What its own packages have changed."""
        names = {name for build in update.builds for name in self.packages.get(build, frozenset())}
        touched = inviting.touched_by(names, self.reached.reaches)
        return [each for each in self.offers if each.artifact in touched]


def _offer(push: Push, published: Published, answer: GateAnswer) -> Offer:
    artifact = next(each for each in push.artifacts if each.name == published.artifact)
    try:
        how = push.plugins.by_kind[artifact.kind].how_to_try(published, artifact, push.bench(artifact, {}))
    except RelengError as trouble:  # what is live can be tried, also where its plugin cannot say how
        log.info("nobody says how to try it", extra={"artifact": artifact.name, "trouble": str(trouble)})
        how = HowToTry((artifact.target,))
    mirror = push.settings.systems.mirror.url
    return Offer(
        artifact=artifact.name,
        kind=artifact.kind,
        places=tuple(f"{mirror}/{path}" for path in how.paths),
        facts=dict(how.facts),
        commands=tuple(command.replace("{mirror}", mirror) for command in how.commands),
        results=tuple(each for each in answer.reasons if each.requirement.artifact == artifact.name),
    )


def _try_later(push: Push, trouble: str) -> Outcome:
    """With growing pauses; in the end testers are not invited, which is told, and the lane goes on."""
    patience, waited = push.settings.patience.invite, push.now() - push.engine.step_started_at
    is_in_the_way = waited >= patience / OTHERS_WAIT_AFTER and push.engine.holds_up_another()
    if push.is_late(patience) or is_in_the_way:
        for update in _open_ones(push):
            _leave_out(push, update, f"Bodhi was in trouble: {trouble}")
        return _how_it_went(push)
    push.engine.note("invitation", "bodhi", "in trouble", trouble)
    pause = max(FIRST_PAUSE, min(waited, LONGEST_PAUSE, push.until(patience) - push.now()))
    return Running("Bodhi to take the comments for testers", look_again=pause)


def _how_it_went(push: Push) -> Outcome:
    updates = push.shipment().updates
    reasons = {each.alias: reason for each in updates if (reason := _left_out(push, each)) is not None}
    if not reasons:
        return Done({"invited": len(updates)})
    why = "; ".join(dict.fromkeys(reasons.values()))
    return Skipped(f"{len(reasons)} of {len(updates)} updates have no comment in Bodhi: {why}")

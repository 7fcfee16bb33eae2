"""Would what a push publishes be signed, and would users take the signature?"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from relengotron.examination.finding import Differs, Finding, NotWell, look
from relengotron.settings import Settings
from relengotron.systems.signing.port import Signer
from relengotron.systems.world import World

TRIAL: Final = b"relengotron doctor: this is no artifact\n"
"""What is signed to see whether it can be; a signature of it is good for nothing else."""


SOON: Final = timedelta(days=30)


def findings(settings: Settings, world: World, now: datetime) -> Iterator[Finding]:
    """A line for each release, and two for each key that a release is signed with."""
    for name, release in settings.releases.items():
        remedy = f"name a key: releases.{name}.artifacts_key in releases.yaml, signing.keys in systems.yaml"
        yield look(f"{name}: signed", partial(_named, name, release.artifacts_key), remedy)
    wanted = {key for release in settings.releases.values() if (key := release.artifacts_key)}
    for key in sorted(wanted & world.signers.keys()):
        signer = world.signers[key]
        remedy = f"look at signing.keys.{key} in systems.yaml; docs/operating.md says how a key is changed"
        yield look(f"key {key}", partial(_is_good, signer, now), remedy)
        if signer.makes_signatures:
            yield look(f"key {key}: signs", partial(_signs, signer), remedy)


def _named(release: str, key: str | None) -> str:
    if key is None:
        raise Differs(f"{release} has no artifacts_key: what is published is not signed, and nobody demands it")
    return f"with key {key}"


def _is_good(signer: Signer, now: datetime) -> str:
    """Users must take it now, and should for a while."""
    facts = signer.look()
    if facts.is_revoked:
        raise NotWell(f"{signer.fingerprint} was revoked")
    if facts.expires is None:
        return f"{signer.fingerprint} never expires"
    until = f"{signer.fingerprint} expires on {facts.expires:%Y-%m-%d}"
    if facts.expires <= now:
        raise NotWell(f"{until}: it has expired")
    if facts.expires - now < SOON:
        raise Differs(f"{until}, which is soon")
    return until


def _signs(signer: Signer) -> str:
    """A trial, read with the public key before the signer hands it out."""
    signer.detach(TRIAL)
    return "a trial was signed, and whoever has the public key takes it"

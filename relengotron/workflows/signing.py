"""The part of a push that has its composes signed, and looks at every signature as users will."""

from dataclasses import dataclass
from typing import Final

from relengotron.errors import Permanent, PluginBroken, RelengError, RequestRefused, StateDisagrees, Transient
from relengotron.model.artifact import Artifact, Built
from relengotron.model.codec import from_json
from relengotron.model.outcome import Again, Done, Failed, FailureKind, Outcome, Skipped
from relengotron.model.run import EffectRecord, StepState
from relengotron.sdk.artifact import ArtifactPlugin
from relengotron.systems.signing.port import Signer
from relengotron.workflows.bench import Bench
from relengotron.workflows.composing import all_composed
from relengotron.workflows.push import Push, with_updates_left

SELDOM: Final = 10


@dataclass(frozen=True, slots=True)
class Signed:
    """What a push has signed, and with which key."""

    key: str
    artifacts: tuple[str, ...]


@with_updates_left
def ensure_artifacts_are_signed(push: Push) -> Outcome:
    """Everything that is to go live carries a good signature of the release's key, read with its public half."""
    name = push.release.artifacts_key
    if name is None:
        return Skipped(f"releases.{push.lane.release} has no artifacts_key: nothing is signed")
    if _is_live(push):
        return Skipped("it went live before anybody signed it")
    signer = push.world.signers[name]
    wanted = all_composed(push)
    missing: list[str] = []
    troubles: list[RelengError] = []
    for built in wanted:
        try:
            missing += sign(push, built, signer)
        except (Transient, StateDisagrees) as trouble:  # the others are signed meanwhile
            troubles.append(trouble)
        except PluginBroken:
            raise
        except Permanent as refused:
            missing.append(f"{built.artifact}: {refused}")
    if missing:
        return _wait(push, signer, (*missing, *map(str, troubles)))
    if troubles:
        raise troubles[0]
    return Done(Signed(name, tuple(built.artifact for built in wanted)))


def back_to_sign(push: Push) -> Again | None:
    """Where another key, or the first one, was configured since the step looked: it looks once more."""
    known, key = push.engine.steps.get(ensure_artifacts_are_signed.__name__), push.release.artifacts_key
    signed = None if known is None or known.output is None else from_json(Signed, known.output).key
    if key in (None, signed):
        return None
    return Again(ensure_artifacts_are_signed.__name__, f"artifacts are signed with {key} since then, not {signed}")


def must_be_signed(built: Built, artifact: Artifact, plugin: ArtifactPlugin[object], bench: Bench) -> None:
    """Right before something goes live, whatever the gate said.

    Raises:
        RequestRefused: it is not signed as the configuration wants it.
    """
    if bench.signer is None:
        return
    unsigned = plugin.unsigned(built, artifact, bench)
    if unsigned:
        raise RequestRefused(f"{artifact.name} is not signed with {bench.signer.name}: {'; '.join(unsigned)}")


def sign(push: Push, built: Built, signer: Signer) -> tuple[str, ...]:
    """Look, sign what is not signed, look again: what is still missing, a sentence for each.

    Raises:
        Transient: nobody can sign now.
        Permanent: the signer refuses, or what it would sign is not what was tested.
    """
    artifact = next(each for each in push.artifacts if each.name == built.artifact)
    plugin, bench = push.plugins.by_kind[artifact.kind], push.bench(artifact, {})
    missing = plugin.unsigned(built, artifact, bench)
    if missing:
        _ask_to_sign(push, built, artifact, plugin, bench)
        missing = plugin.unsigned(built, artifact, bench)
    if missing:
        return tuple(f"{artifact.name}: {each}" for each in missing)
    facts = {"identity": built.identity, "kind": built.kind, "key": signer.name, "fingerprint": signer.fingerprint}
    push.engine.note("artifact", artifact.name, "signed", f"signed with {signer.name}", facts)
    return ()


def _ask_to_sign(push: Push, built: Built, artifact: Artifact, plugin: ArtifactPlugin[object], bench: Bench) -> None:
    """An effect, so that it is known what was signed and when; once in each try of a person."""

    def do() -> bool:
        plugin.sign(built, artifact, bench)
        return True

    def find(_intent: EffectRecord) -> bool | None:
        return None if plugin.unsigned(built, artifact, bench) else True

    name = push.release.artifacts_key
    key = f"sign {artifact.name} {built.identity} with {name} try {push.engine.run.attempt}"
    push.engine.effect(key, f"sign {built.identity} with {name}", do, find)


def _wait(push: Push, signer: Signer, missing: tuple[str, ...]) -> Outcome:
    """Somebody else signs, or a person must find out why it was not done well."""
    patience = push.settings.patience.signing
    run, late = push.engine.run.id, patience + push.settings.patience.hold
    if push.is_late(late):
        return Failed(FailureKind.DEADLINE, f"not signed with {signer.name}: {'; '.join(missing)}")
    if signer.makes_signatures:
        again = push.settings.pace.poll * SELDOM  # a signer that refuses is not asked at every poll
        return push.hold(missing, late, f"relengotron runs retry {run}", look_again=again)
    return push.hold(missing, late if push.is_late(patience) else patience, f"relengotron explain {run}")


def _is_live(push: Push) -> bool:
    """Whether this run went live under a release of ours that signed nothing."""
    known = push.engine.steps.get("ensure_bits_are_live")
    return known is not None and known.state is StepState.DONE

"""One kind of artifact: how to plan, make, prove, show and withdraw it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Generic, TypeVar

from relengotron.model.artifact import Artifact, Built, HowToTry, Plan, Probe, Published, WayBack
from relengotron.model.codec import from_json
from relengotron.model.contents import Contents, Manifest
from relengotron.model.outcome import Failed, Running
from relengotron.model.package import Package
from relengotron.sdk.workbench import Workbench

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Changes:
    """What a push changes: builds (NVRs), the binary packages they bring, and what PDC says contains which.

    ``contained`` maps the PDC component name of an artifact to the changed packages that it contains.
    """

    builds: tuple[str, ...]
    packages: frozenset[str]
    contained: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Affected:
    """Whether a push affects an artifact, and why or why not."""

    is_affected: bool
    reason: str
    packages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Detected:
    """What an artifact's own change detection found, in a sentence for people."""

    is_changed: bool
    reason: str


class ArtifactPlugin(ABC, Generic[S]):
    """One kind of artifact.

    Reading verbs (``affected_by``, ``manifest``, ``contents``, ``plan``, ``packages``, ``live``, ``unsigned``,
    ``probe``, ``way_back``, ``how_to_try``) have no effects. Acting verbs (``detect``, ``compose``, ``sign``,
    ``publish``, ``withdraw``, ``retire``) may be repeated at any time: they look first.
    A plugin keeps no state between calls.
    ``settings`` is the frozen dataclass that the plugin's part of ``config/artifacts/`` is read into.
    """

    kind: ClassVar[str]
    settings: ClassVar[type]

    def settings_of(self, artifact: Artifact) -> S:
        """The artifact's own settings.

        Raises:
            MalformedInput: the configuration does not fit ``settings``.
        """
        read: S = from_json(self.settings, dict(artifact.settings))
        return read

    def koji_permissions(self, artifact: Artifact) -> frozenset[str]:
        """The Koji permissions that composing it needs; builders serve the channels of the same names."""
        return frozenset()

    def affected_by(self, artifact: Artifact, changes: Changes) -> Affected:
        """Say whether the changes reach the artifact: always without a PDC component, else what PDC says of it."""
        if artifact.component is None:
            return Affected(bool(changes.builds), f"it shows every build of the push ({len(changes.builds)})")
        packages = tuple(sorted(changes.contained.get(artifact.component, ())))
        if packages:
            return Affected(True, f"PDC: {artifact.component} contains {', '.join(packages)}", packages)
        return Affected(
            False, f"PDC: {artifact.component} contains none of the {len(changes.packages)} changed packages"
        )

    def manifest(self, artifact: Artifact, bench: Workbench) -> Manifest | None:
        """What people wrote down about its content, as it would be composed now; None when nobody can edit it."""
        return None

    def contents(self, artifact: Artifact, bench: Workbench) -> Contents | None:
        """The packages that users get in it now; None when nothing is live, or nobody can say."""
        return None

    def detect(self, plan: Plan, bench: Workbench) -> Detected | Running | Failed | None:
        """Ask the kind's own change detection whether a compose would bring anything new; None when it has none.

        It may need a task (then Running, like ``compose``); it is asked last, and only about what may be unchanged.
        """
        return None

    @abstractmethod
    def plan(self, artifact: Artifact, bench: Workbench) -> Plan:
        """Say what ``compose`` would do. Reads only: the preview shows this to people."""

    @abstractmethod
    def compose(self, plan: Plan, bench: Workbench) -> Built | Running | Failed:
        """Make it, or find that a former attempt made it already; never waits."""

    def packages(self, built: Built, artifact: Artifact, bench: Workbench) -> tuple[Package, ...] | None:
        """What a compose of ours is made of, read from its bits; None when nobody can say. Reads only."""
        return None

    def live(self, artifact: Artifact, bench: Workbench) -> Built | None:
        """What users get now, described as a compose, for artifacts made from it; None when nothing is live."""
        return None

    def unsigned(self, built: Built, artifact: Artifact, bench: Workbench) -> tuple[str, ...]:
        """A sentence for each part of a compose that ``bench.signer`` must sign and has not, or not well; reads only.

        Nothing is published for which it has a sentence. A kind of which nothing is ever signed says so: by default all
        is missing where there is a key.
        """
        return () if bench.signer is None else (f"plugin {self.kind} does not say what of it has to be signed",)

    def sign(self, built: Built, artifact: Artifact, bench: Workbench) -> None:
        """What ``unsigned`` named is signed, or lies where somebody else will sign it; what is signed is left alone."""

    @abstractmethod
    def publish(self, built: Built, artifact: Artifact, bench: Workbench) -> Published:
        """The bits are live on the master mirror: staged first, switched at once, metadata last."""

    @abstractmethod
    def probe(self, published: Published, bench: Workbench) -> Probe:
        """Look from outside whether users get exactly what was published."""

    def way_back(self, published: Published, artifact: Artifact, bench: Workbench) -> WayBack:
        """Say what ``withdraw`` would do, and whether it can. Reads only: the preview shows this to people."""
        return WayBack(artifact.name, (f"withdraw {published.identity} below {artifact.target}",))

    def pointers(self, artifact: Artifact, bench: Workbench) -> tuple[str, ...]:
        """Paths below the mirror's root that show something new under an old name, besides those it expects to see.

        Caches are told to forget them. Asked before and after a publication; they need not exist.
        """
        return ()

    def how_to_try(self, published: Published, artifact: Artifact, bench: Workbench) -> HowToTry:
        """Say where testers find what was published, and what they type; they are told of it in Bodhi."""
        return HowToTry((artifact.target,))

    @abstractmethod
    def withdraw(self, published: Published, artifact: Artifact, bench: Workbench) -> Published | None:
        """What was live before is live again; says what users get now, if it can, so that it is seen from outside.

        What it returns can be withdrawn in its turn: then what was withdrawn is live again.
        """

    @abstractmethod
    def retire(self, artifact: Artifact, bench: Workbench) -> None:
        """The artifact's leftovers on the compose store are gone; what is live stays."""

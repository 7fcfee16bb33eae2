"""The things we compose: what they are, what they are made from, what became of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from relengotron.model.rollout import Share


@dataclass(frozen=True, slots=True)
class Artifact:
    """One thing to compose for one release and request.

    ``made_from`` names the artifacts of the same lane it needs first (repo -> tree -> image). ``component`` is its
    name in PDC, None when every push of the lane changes it (a repo). ``composed_in`` is the address of the compose
    that holds its last state, if others compose it, and ``composed_variant`` its part of it. What ``may_lag`` may be
    left behind by a push whose other artifacts are ready; ``live_after`` says how long after them it goes live at all,
    and ``rollout`` to which part of all machines it is offered then, step by step.
    ``settings`` is what its plugin declared, as written in ``config/artifacts/``.
    """

    name: str
    kind: str
    release: str
    arches: tuple[str, ...]
    target: str
    made_from: tuple[str, ...] = ()
    component: str | None = None
    required_tests: tuple[str, ...] = ()
    composed_in: str | None = None
    composed_variant: str | None = None
    may_lag: bool = False
    live_after: timedelta = timedelta()
    rollout: tuple[Share, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_repo(self) -> bool:
        """Whether every push of its lane changes it: it is made from nothing but the builds."""
        return not self.made_from and self.component is None


@dataclass(frozen=True, slots=True)
class File:
    """One file of a compose: where it lies below the compose's location, its size in bytes and its SHA-256."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What composing an artifact would do, before anything is done.

    ``effects`` are the sentences that a person reads in a plan; one about a task begins with ``Koji task METHOD``.
    """

    artifact: Artifact
    output: str
    effects: tuple[str, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Built:
    """A finished compose. ``identity`` changes if and only if the content does (checksums, commit id).

    ``location`` is the directory on the compose store; ``facts`` go with the result to ResultsDB (ref, commit, arch).
    ``repos`` are the rpm-md repos it shows, by arch, as URLs: what is made from it installs from there. ``same_as``
    says why there is nothing to publish: users have the same content already (``content CHECKSUM as in COMMIT``).
    ``changes`` is what publishing it changes on the mirror (``Changes.as_facts``), found while there was time for it.
    """

    artifact: str
    kind: str
    identity: str
    location: str
    task_id: int | None
    files: tuple[File, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    repos: Mapping[str, str] = field(default_factory=dict)
    same_as: str | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Published:
    """Bits that went live: what must be seen from outside, by path below the mirror's root, with its SHA-256.

    ``previous`` says what was live before, enough to withdraw. ``before`` holds the SHA-256 that readers got before at
    the paths of ``expected``; a path that is not in it was not there. None: nobody knows.
    """

    artifact: str
    identity: str
    expected: Mapping[str, str]
    links: Mapping[str, str] = field(default_factory=dict)
    previous: Mapping[str, Any] = field(default_factory=dict)
    before: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Probe:
    """A look from outside; ``missing`` holds a sentence for everything that is not as published.

    ``lies`` are those of them that no waiting mends: neither what was published nor what was there before.
    """

    artifact: str
    seen: tuple[str, ...]
    missing: tuple[str, ...]
    lies: tuple[str, ...] = ()

    @property
    def is_live(self) -> bool:
        """Whether users get exactly what was published."""
        return not self.missing


@dataclass(frozen=True, slots=True)
class HowToTry:
    """How somebody tries what was published: paths below the mirror's root, facts worth naming, and what to type.

    In ``commands`` the text ``{mirror}`` stands for the mirror's address as it is seen from outside.
    """

    paths: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WayBack:
    """What withdrawing a publication would do, before anything is done; ``impossible`` says why it cannot be done.

    ``effects`` are the sentences that a person reads in a plan; without any it is withdrawn already.
    """

    artifact: str
    effects: tuple[str, ...]
    impossible: str | None = None

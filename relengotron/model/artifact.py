"""The things we compose: what they are, what they are made from, what became of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Artifact:
    """One thing to compose for one release and request.

    ``made_from`` names the artifacts of the same lane it needs first (repo -> tree -> image). ``component`` is its
    name in PDC, None when every push of the lane changes it (a repo). ``composed_in`` is the address of the compose
    that holds its last state, if others compose it, and ``composed_variant`` its part of it. ``settings`` is what its
    plugin declared, as written in ``config/artifacts/``.
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

    ``previous`` says what was live before, enough to withdraw.
    """

    artifact: str
    identity: str
    expected: Mapping[str, str]
    links: Mapping[str, str] = field(default_factory=dict)
    previous: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Probe:
    """A look from outside; ``missing`` holds a sentence for everything that is not as published."""

    artifact: str
    seen: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def is_live(self) -> bool:
        """Whether users get exactly what was published."""
        return not self.missing

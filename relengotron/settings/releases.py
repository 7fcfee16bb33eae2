"""Which releases are pushed to, and where do their builds go? ``config/releases.yaml``."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from relengotron.settings.kinds import AtLeastOne, Frozen, Name, ReleaseName, SigningKey, Url
from relengotron.settings.section import Section

Request = Literal["testing", "stable"]


class RequestTarget(Section):
    """Where the builds of one lane come from and go to."""

    repo: Name = Field(description="The name of the repo that users know, such as `updates-testing`.")
    tag: Name = Field(description="The Koji tag that the builds of a push are moved to.")
    from_tags: Annotated[tuple[Name, ...], AtLeastOne] = Field(
        description="The Koji tags a build may be moved from; the first one it is in counts."
    )
    pending_tags: tuple[Name, ...] = Field((), description="Koji tags that are taken off once the builds have moved.")

    @model_validator(mode="after")
    def _moves_lead_somewhere(self) -> Self:
        if self.tag in (*self.from_tags, *self.pending_tags):
            raise ValueError(f"allowed: a tag that is neither in from_tags nor in pending_tags; {self.tag!r} is")
        return self


class Release(Section):
    """One release of the distribution."""

    version: Name = Field(description='What `{version}` stands for, in quotes: `"24"`.')
    pdc_release: Name = Field(description="The release's id in PDC.")
    product_version: Name | None = Field(
        None,
        description="What policies, Greenwave and WaiverDB call it, such as `fedora-24`; without this key, "
        "`pdc_release` without `-updates`.",
    )
    signing_key: SigningKey = Field(description="The key every build must be signed with: its last 8 hex digits.")
    artifacts_key: Name | None = Field(
        None,
        description="The key that signs what is composed and published, by its name in `signing.keys` of "
        "`systems.yaml`. Nothing is published that it has not signed. Without this key nothing is signed or demanded.",
    )
    build_tag: Name = Field(description="The Koji tag whose build root the composes use.")
    target: Name = Field(description="The Koji build target that compose tasks are submitted to.")
    arches: Annotated[tuple[Name, ...], AtLeastOne] = Field(description="The architectures that are composed.")
    base_repos: Annotated[Mapping[Name, tuple[Url, ...]], Frozen] = Field(
        {}, description="Per architecture, the repos an update may depend on: the release as it was at GA."
    )
    requests: Annotated[Mapping[Request, RequestTarget], Frozen, AtLeastOne] = Field(
        description="The lanes of this release: `testing`, `stable` or both."
    )

    @property
    def product(self) -> str:
        """What policies call it."""
        return self.product_version or self.pdc_release.removesuffix("-updates")

    @model_validator(mode="after")
    def _base_repos_are_of_our_arches(self) -> Self:
        strangers = sorted(set(self.base_repos) - set(self.arches))
        if strangers:
            raise ValueError(f"allowed: base_repos for {', '.join(self.arches)}; found {', '.join(strangers)}")
        return self


class Releases(Section):
    """Everything in ``releases.yaml``."""

    releases: Annotated[Mapping[ReleaseName, Release], Frozen, AtLeastOne] = Field(
        description="Every release that is pushed to, by the short name that Bodhi uses, such as `F24`."
    )

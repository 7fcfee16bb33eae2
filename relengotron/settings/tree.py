"""The whole configuration as one frozen value."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from relengotron.errors import SettingsError
from relengotron.model.artifact import Artifact
from relengotron.model.lane import Lane
from relengotron.model.policy import Policy
from relengotron.settings import plugin_settings
from relengotron.settings.daemon import Daemon
from relengotron.settings.gates import Gate
from relengotron.settings.kinds import Frozen
from relengotron.settings.mistakes import nearest
from relengotron.settings.releases import Release, RequestTarget
from relengotron.settings.systems import Systems


class Settings(Daemon):
    """Everything that ``config/`` says; ``relengotron.yaml`` stands at the top level."""

    directory: Path = Field(description="Where it was read from.")
    systems: Systems = Field(description="Everything in `systems.yaml`.")
    releases: Annotated[Mapping[str, Release], Frozen] = Field(description="Everything in `releases.yaml`.")
    artifacts: Annotated[Mapping[Lane, tuple[Artifact, ...]], Frozen] = Field(
        description="What is composed in each lane, in an order in which it can be made."
    )

    policies: tuple[Policy, ...] = Field(
        (), description="Everything in `policies/`: what must hold before anything reaches users."
    )
    gates: Annotated[Mapping[str, Gate], Frozen] = Field(
        {}, description="Everything in `gates.yaml`: Koji tags that stand before others."
    )

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """Every lane, in the order of ``releases.yaml``."""
        return tuple(self.artifacts)

    def artifacts_for(self, lane: Lane) -> tuple[Artifact, ...]:
        """What is composed in a lane; what something is made from comes before it.

        Raises:
            SettingsError: there is no such lane.
        """
        self.request_target(lane)
        return self.artifacts[lane]

    def release(self, name: str) -> Release:
        """The release of this name.

        Raises:
            SettingsError: there is no such release.
        """
        found = self.releases.get(name)
        if found is None:
            known = ", ".join(self.releases)
            raise SettingsError(
                f"{self.directory / 'releases.yaml'}: releases.{name}: unknown release{nearest(name, self.releases)}; "
                f"allowed: {known}"
            )
        return found

    def gate(self, name: str) -> Gate:
        """The gate of this name.

        Raises:
            SettingsError: there is no such gate.
        """
        found = self.gates.get(name)
        if found is None:
            known = ", ".join(self.gates) or "none: there is no gates.yaml"
            where = f"{self.directory / 'gates.yaml'}: gates.{name}"
            raise SettingsError(f"{where}: unknown gate{nearest(name, self.gates)}; allowed: {known}")
        return found

    def request_target(self, lane: Lane) -> RequestTarget:
        """Where the builds of a lane come from and go to.

        Raises:
            SettingsError: there is no such lane.
        """
        requests: dict[str, RequestTarget] = dict(self.release(lane.release).requests.items())
        found = requests.get(lane.request)
        if found is None:
            raise SettingsError(
                f"{self.directory / 'releases.yaml'}: releases.{lane.release}.requests.{lane.request}: "
                f"unknown request; allowed: {', '.join(requests)}"
            )
        return found

    def check_plugin_settings(self, kinds: Mapping[str, type[Any]]) -> None:
        """Check the settings of every artifact against the frozen dataclass that its plugin declared.

        Raises:
            SettingsError: with every mistake in one text, unknown kinds among them.
        """
        everything: Iterable[Artifact] = (each for lane in self.artifacts.values() for each in lane)
        mistakes = plugin_settings.mistakes(everything, kinds)
        if mistakes:
            raise SettingsError("\n".join(f"{self.directory / 'artifacts'}: {mistake}" for mistake in mistakes))

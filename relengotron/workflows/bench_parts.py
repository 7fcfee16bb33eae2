"""What is alike on every workbench: the systems of the world, and where an artifact lies on the compose store."""

from pathlib import Path

from relengotron.model.artifact import Artifact
from relengotron.model.lane import Lane
from relengotron.sdk.workbench import ReleaseFacts
from relengotron.systems.composes.port import Composes
from relengotron.systems.git.port import GitRepo
from relengotron.systems.koji.port import Koji
from relengotron.systems.mirror.port import Mirror
from relengotron.systems.ostree.port import OstreeRepo
from relengotron.systems.signing.port import Signer
from relengotron.systems.world import World


class BenchParts:
    """The part of a workbench that only its world, its lane and its artifact decide."""

    __slots__ = ()
    world: World
    artifact: Artifact
    lane: Lane
    release: ReleaseFacts
    compose_store: Path

    @property
    def lasting_store(self) -> Path:
        """The directory of this artifact on the compose store that outlives the run."""
        return self.compose_store / "artifacts" / self.lane.release / self.lane.request / self.artifact.name

    @property
    def signer(self) -> Signer | None:
        """The key of the release; None when it names none, and then nothing is signed or demanded."""
        key = self.release.artifacts_key
        return None if key is None else self.world.signers[key]

    @property
    def koji(self) -> Koji:
        """Koji."""
        return self.world.koji

    @property
    def mirror(self) -> Mirror:
        """The master mirror."""
        return self.world.mirror

    @property
    def composes(self) -> Composes:
        """The metadata of composes that were made elsewhere."""
        return self.world.composes

    def ostree(self, path: Path) -> OstreeRepo:
        """The OSTree repo at this path."""
        return self.world.ostree(path)

    def git(self, path: Path) -> GitRepo:
        """The git clone at this path, to read from."""
        return self.world.git(path)

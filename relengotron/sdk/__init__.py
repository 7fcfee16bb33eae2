"""The contract for artifact plugins: ours use nothing that a stranger's could not."""

from relengotron.model.artifact import Artifact, Built, File, HowToTry, Plan, Probe, Published, WayBack
from relengotron.model.contents import Contents, Manifest
from relengotron.model.outcome import Failed, FailureKind, Running, Watch
from relengotron.model.package import Package
from relengotron.sdk.artifact import Affected, ArtifactPlugin, Changes, Detected
from relengotron.sdk.composed import contents_in_compose
from relengotron.sdk.files import digest_of, file_of
from relengotron.sdk.in_git import InGit
from relengotron.sdk.mirrored import MirroredPlugin, as_previous, publication
from relengotron.sdk.probing import probe_of
from relengotron.sdk.tasks import unfinished
from relengotron.sdk.workbench import KojiTask, ReleaseFacts, Workbench

__all__ = [
    "Affected",
    "Artifact",
    "ArtifactPlugin",
    "Built",
    "Changes",
    "Contents",
    "Detected",
    "Failed",
    "FailureKind",
    "File",
    "HowToTry",
    "InGit",
    "KojiTask",
    "Manifest",
    "MirroredPlugin",
    "Package",
    "Plan",
    "Probe",
    "Published",
    "ReleaseFacts",
    "Running",
    "Watch",
    "WayBack",
    "Workbench",
    "as_previous",
    "contents_in_compose",
    "digest_of",
    "file_of",
    "probe_of",
    "publication",
    "unfinished",
]

"""What does the graph show of a lane when somebody asks for one package?"""

from types import SimpleNamespace
from typing import Any

from relengotron.cli.graph import Drawn
from relengotron.model.artifact import Artifact
from relengotron.model.contents import Contents
from relengotron.model.graph import ArtifactGraph
from relengotron.model.lane import Lane
from relengotron.model.package import Package

REPO = Artifact("repo", "mash", "F24", ("x86_64",), "updates")
HOST = Artifact("host", "ostree", "F24", ("x86_64",), "host", ("repo",))
CLOUD = Artifact("cloud", "ostree", "F24", ("x86_64",), "cloud", ("repo",))
DISK = Artifact("disk", "image", "F24", ("x86_64",), "disk", ("host",))
LESS = Package("less", "0", "481", "7.fc24", "x86_64")


def shown(*packages: str) -> list[str]:
    graph = ArtifactGraph((REPO, HOST, CLOUD, DISK), {"disk": Contents((LESS,), "a sheet")}, "config/artifacts")
    survey: Any = SimpleNamespace(graph=graph)
    return [artifact.name for artifact in Drawn(Lane("F24", "stable"), survey, packages, {}).shown]


def test_without_a_package_everything_is_shown() -> None:
    assert shown() == ["repo", "host", "cloud", "disk"]


def test_of_a_package_only_what_contains_it_and_what_that_is_made_from() -> None:
    assert shown("less") == ["repo", "host", "disk"]
    assert shown("bash") == []

"""What has the lab heard so far, lane by lane? The messages of the daemon, read as anybody could read them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

OURS = "relengotron."
ENDS = ("push.complete", "push.failed")
STEP_ENDS = ("done", "skipped", "failed")


@dataclass(slots=True)
class ArtifactStory:
    """One artifact as its messages tell it."""

    name: str
    kind: str = ""
    state: str = "waiting"
    reason: str = ""
    task: int | None = None
    identity: str = ""
    place: str = ""


@dataclass(slots=True)
class LaneStory:
    """One push as its messages tell it."""

    lane: str
    run: str = ""
    step: str = ""
    waits_for: str = ""
    hold: Mapping[str, Any] | None = None
    end: str = ""
    started: datetime | None = None
    ended: datetime | None = None
    artifacts: dict[str, ArtifactStory] = field(default_factory=dict)
    ejected: dict[str, str] = field(default_factory=dict)
    pushed: tuple[str, ...] = ()
    said: Counter[str] = field(default_factory=Counter)
    steps: dict[str, float] = field(default_factory=dict)
    last_step_ended: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Whether the push has come to its end."""
        return bool(self.end)


def told(heard: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, LaneStory]:
    """Every lane's story, by the lane's name."""
    stories: dict[str, LaneStory] = {}
    for topic, body in tuple(heard):
        if topic.startswith(OURS) and isinstance(body.get("lane"), str):
            story = stories.setdefault(body["lane"], LaneStory(body["lane"]))
            _take(story, topic.removeprefix(OURS), body)
    return dict(sorted(stories.items()))


def _take(story: LaneStory, topic: str, body: Mapping[str, Any]) -> None:
    story.run = str(body.get("run") or story.run)
    story.said[topic] += 1
    at = datetime.fromisoformat(str(body["at"]))
    if topic == "push.start":
        story.started = story.started or at
    elif topic == "push.step":
        _take_step(story, body, at)
    elif topic == "push.hold":
        story.hold = body
    elif topic == "push.eject":
        update = body.get("update") or {}
        story.ejected[str(update.get("title"))] = str(body.get("reason"))
    elif topic.startswith("artifact."):
        _take_artifact(story, topic, body)
    elif topic in ENDS:
        _take_end(story, topic, body, at)


def _take_step(story: LaneStory, body: Mapping[str, Any], at: datetime) -> None:
    story.step, story.hold = str(body.get("step") or ""), None
    story.waits_for = str(body.get("reason") or "") if body.get("state") == "running" else ""
    if body.get("state") in STEP_ENDS:
        began = story.last_step_ended or story.started or at
        story.steps[story.step] = story.steps.get(story.step, 0.0) + (at - began).total_seconds()
        story.last_step_ended = at


def _take_artifact(story: LaneStory, topic: str, body: Mapping[str, Any]) -> None:
    name = str(body.get("artifact"))
    artifact = story.artifacts.setdefault(name, ArtifactStory(name))
    artifact.kind = str(body.get("kind") or artifact.kind)
    artifact.state = {
        "artifact.compose.start": "composing",
        "artifact.compose.complete": "composed",
        "artifact.compose.failed": "failed",
        "artifact.compose.skipped": "skipped",
        "artifact.published": "published",
    }.get(topic, artifact.state)
    artifact.reason = str(body.get("reason") or artifact.reason)
    artifact.task = body.get("koji_task_id") or artifact.task
    artifact.identity = str(body.get("identity") or artifact.identity)


def _take_end(story: LaneStory, topic: str, body: Mapping[str, Any], at: datetime) -> None:
    story.end, story.ended, story.waits_for, story.hold = topic, at, "", None
    story.pushed = tuple(
        str(update.get("title")) for update in body.get("updates", []) if update.get("outcome") == "pushed"
    )
    for result in body.get("results", []):
        artifact = story.artifacts.setdefault(str(result["artifact"]), ArtifactStory(str(result["artifact"])))
        artifact.kind, artifact.state = str(result["kind"]), str(result["outcome"])
        artifact.reason = str(result.get("reason") or artifact.reason)
        artifact.task = result.get("koji_task_id") or artifact.task
        artifact.identity = str(result.get("identity") or artifact.identity)

"""Do the parts of the configuration fit together? What each lane composes, and what contradicts itself."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from relengotron.model.artifact import Artifact
from relengotron.model.lane import Lane
from relengotron.model.rollout import is_ahead, steps_of
from relengotron.settings.artifacts import Declaration, expand
from relengotron.settings.mistakes import KeyPath, Mistake, nearest
from relengotron.settings.releases import Release
from relengotron.settings.systems import Systems
from relengotron.settings.yaml_file import YamlFile


@dataclass(frozen=True, slots=True)
class Placed:
    """A declaration and where it stands."""

    file: YamlFile
    key: KeyPath
    declared: Declaration

    def mistake(self, key: str, text: str) -> Mistake:
        """A mistake at a key of this declaration."""
        place = (*self.key, key)
        return Mistake(self.file.path, self.file.line_of(place), place, text)


class Planner:
    """Fills in every declaration for every lane and collects what does not fit."""

    def __init__(self, releases: Mapping[str, Release], declarations: Sequence[Placed]) -> None:
        """Take what was read."""
        self._releases = releases
        self._declarations = declarations
        self._targets: dict[str, tuple[Lane, str]] = {}
        self._incomplete: set[Lane] = set()
        self.mistakes: list[Mistake] = []

    def plan(self) -> dict[Lane, tuple[Artifact, ...]]:
        """What is composed in each lane, in an order in which it can be made; look at ``mistakes`` afterwards."""
        lanes = [Lane(name, request) for name, release in self._releases.items() for request in release.requests]
        for placed in self._declarations:
            self._check_releases(placed)
        if self.mistakes:
            self._incomplete.update(lanes)
        return {lane: self._plan_lane(lane) for lane in lanes}

    def _check_releases(self, placed: Placed) -> None:
        for name in placed.declared.releases or ():
            if name not in self._releases:
                known = ", ".join(self._releases)
                text = f"found {name!r}{nearest(name, self._releases)}; allowed: {known}"
                self.mistakes.append(placed.mistake("releases", text))
        wanted = set(placed.declared.requests or ())
        releases = [
            self._releases[name] for name in placed.declared.releases or self._releases if name in self._releases
        ]
        if releases and wanted and not any(wanted & set(release.requests) for release in releases):
            text = f"found {', '.join(sorted(wanted))}; none of its releases has that request"
            self.mistakes.append(placed.mistake("requests", text))

    def _plan_lane(self, lane: Lane) -> tuple[Artifact, ...]:
        homes: dict[str, Placed] = {}
        artifacts: dict[str, Artifact] = {}
        for placed in self._declarations:
            for artifact in self._expand(placed, lane):
                if artifact.name in artifacts:
                    text = f"found {artifact.name!r}, which {lane} has already; allowed: a name of its own"
                    self.mistakes.append(placed.mistake("name", text))
                else:
                    artifacts[artifact.name], homes[artifact.name] = artifact, placed
                    self._claim(placed, lane, artifact)
        if lane not in self._incomplete:
            self.mistakes.extend(_unknown_parents(lane, artifacts, homes))
            self.mistakes.extend(_too_early(artifacts, homes))
            for mistake in _ahead(artifacts, homes):
                self._add_once(mistake)
        return self._ordered(lane, artifacts, homes)

    def _expand(self, placed: Placed, lane: Lane) -> list[Artifact]:
        declared = placed.declared
        if lane.release not in (declared.releases or (lane.release,)):
            return []
        request = next((each for each in self._releases[lane.release].requests if each == lane.request), None)
        if request is None or request not in (declared.requests or (request,)):
            return []
        try:
            return expand(declared, lane.release, self._releases[lane.release], request)
        except ValueError as refused:
            key, _, text = str(refused).partition(": ")
            self._incomplete.add(lane)
            self._add_once(placed.mistake(key, text))
            return []

    def _claim(self, placed: Placed, lane: Lane, artifact: Artifact) -> None:
        owner = self._targets.setdefault(artifact.target, (lane, artifact.name))
        if owner != (lane, artifact.name):
            text = (
                f"found {artifact.target!r} for {artifact.name} in {lane}, which belongs to {owner[1]} in {owner[0]}; "
                "allowed: a place of its own"
            )
            self._add_once(placed.mistake("target", text))

    def _ordered(
        self, lane: Lane, artifacts: Mapping[str, Artifact], homes: Mapping[str, Placed]
    ) -> tuple[Artifact, ...]:
        """The artifacts, each after what it is made from; otherwise as they are written."""
        ordered: dict[str, Artifact] = {}
        waiting = dict(artifacts)
        while waiting:
            ready = [each for each in waiting.values() if not any(parent in waiting for parent in each.made_from)]
            if not ready:
                first = next(iter(waiting))
                circle = " <- ".join(_circle(waiting, first))
                self._add_once(homes[first].mistake("made_from", f"goes round in a circle in {lane}: {circle}"))
                break
            for each in ready:
                ordered[each.name] = waiting.pop(each.name)
        return tuple(ordered.values())

    def _add_once(self, mistake: Mistake) -> None:
        if mistake not in self.mistakes:
            self.mistakes.append(mistake)


def _unknown_parents(lane: Lane, artifacts: Mapping[str, Artifact], homes: Mapping[str, Placed]) -> Iterator[Mistake]:
    for artifact in artifacts.values():
        for parent in artifact.made_from:
            if parent not in artifacts:
                others = [name for name in artifacts if name != artifact.name]
                text = f"found {parent!r}{nearest(parent, others)}; allowed in {lane}: {', '.join(others) or 'nothing'}"
                yield homes[artifact.name].mistake("made_from", text)


def _too_early(artifacts: Mapping[str, Artifact], homes: Mapping[str, Placed]) -> Iterator[Mistake]:
    """What goes live before something that it is made from."""
    for artifact in artifacts.values():
        sources = [name for name in artifact.made_from if name in artifacts]
        late = [name for name in sources if artifacts[name].live_after > artifact.live_after]
        if late:
            text = f"found a shorter time than that of {', '.join(late)}, which {artifact.name} is made from"
            yield homes[artifact.name].mistake("live_after", f"{text}; allowed: as long or longer")


def _ahead(artifacts: Mapping[str, Artifact], homes: Mapping[str, Placed]) -> Iterator[Mistake]:
    """What would reach more machines than something that it is made from."""
    for artifact in artifacts.values():
        sources = [artifacts[name] for name in artifact.made_from if name in artifacts and artifacts[name].rollout]
        own = steps_of(artifact.rollout, artifact.live_after)
        slower = [each.name for each in sources if is_ahead(own, steps_of(each.rollout, each.live_after))]
        if slower:
            text = f"found one ahead of that of {', '.join(slower)}, which {artifact.name} is made from"
            yield homes[artifact.name].mistake("rollout", f"{text}; allowed: never more percent than it")


def rollouts_without_a_page(declarations: Sequence[Placed], systems: Systems | None) -> Iterator[Mistake]:
    """A rollout of which nobody could be told."""
    if systems is not None and systems.mirror.website is None:
        for placed in declarations:
            if placed.declared.rollout:
                text = "found a rollout, and no page that tells of it; allowed: with systems.mirror.website"
                yield placed.mistake("rollout", text)


def _circle(waiting: Mapping[str, Artifact], start: str) -> list[str]:
    way = [start]
    while True:
        following = next(parent for parent in waiting[way[-1]].made_from if parent in waiting)
        if following in way:
            return [*way[way.index(following) :], following]
        way.append(following)


def tags_of_two_lanes(file: YamlFile, releases: Mapping[str, Release]) -> Iterator[Mistake]:
    """Two lanes that move builds to one tag would undo each other's work."""
    owners: dict[str, str] = {}
    for name, release in releases.items():
        for request, target in release.requests.items():
            key = ("releases", name, "requests", request, "tag")
            owner = owners.setdefault(target.tag, f"{name}/{request}")
            if owner != f"{name}/{request}":
                text = f"found {target.tag!r}, which {owner} moves its builds to; allowed: a tag of its own"
                yield Mistake(file.path, file.line_of(key), key, text)


def keys_of_nobody(file: YamlFile, releases: Mapping[str, Release], systems: Systems | None) -> Iterator[Mistake]:
    """A release that wants to be signed with a key that nobody described."""
    known = {} if systems is None else systems.signing.keys
    for name, release in releases.items():
        wanted = release.artifacts_key
        if systems is not None and wanted is not None and wanted not in known:
            key = ("releases", name, "artifacts_key")
            allowed = ", ".join(known) or "none, because systems.yaml has no signing.keys"
            text = f"found {wanted!r}{nearest(wanted, known)}; allowed: {allowed}"
            yield Mistake(file.path, file.line_of(key), key, text)

"""A rehearsal at a gate: builds land, are tested, and move or are kept; told in a few words."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from relengotron.engine.journal import gate_looks, gated
from relengotron.model.gated import BuildState, GatedBuild
from relengotron.model.package import Package
from tests.builders import a_message
from tests.contracts.koji_rpms import rpm_file
from tests.stage import gate_configuration as words
from tests.stage.gate_configuration import ARCH, BUILD_ROOT, GATE, GATE_TAGS, PENDING, REPO, TARGET
from tests.stage.gate_tester import GateTester
from tests.stage.paper_repo import PaperPackage, write_repo
from tests.stage.stage import Stage
from tests.stage.weather import is_ours

PACKAGER = "alice"


class GateStage(Stage):
    """A stage with one gate in front of rawhide.

    With ``has_repos`` builds have RPMs made of paper, and rawhide a repo, so that it is asked what requires what;
    without it everything is cheaper. ``gate`` says otherwise what the gate's configuration says.
    """

    def __init__(
        self,
        root: Path,
        *,
        has_repos: bool = False,
        gate: Mapping[str, Any] | None = None,
        policies: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> None:
        self.has_repos = has_repos
        files = {
            "gates.yaml": words.gates(has_repos=has_repos, **(gate or {})),
            "policies/gates.yaml": words.policies() if policies is None else policies,
        }
        self._heard, self._known = 0, set[str]()
        super().__init__(root, files=files, **more)
        self.tester = GateTester(self.outside.results, self._in_target)
        self._furnish()

    # -- what there is -------------------------------------------------------------------------------------------------

    def _furnish(self) -> None:
        hub = self.outside.hub
        for name in (*GATE_TAGS, BUILD_ROOT):
            hub.call("admin", "createTag", name, arches=ARCH)
        hub.call("admin", "grantPermission", "relengotron", "regen-repo", create=True)
        hub.call("admin", "createBuildTarget", GATE, BUILD_ROOT, PENDING)
        if self.has_repos:
            self.compose()

    def compose(self) -> None:
        """Rawhide's repo is made anew from what is the latest in its tag."""
        hub = self.outside.hub
        rows = hub.call(None, "listTagged", TARGET, latest=True)
        rpms = [rpm for row in rows for rpm in hub.call(None, "listRPMs", buildID=row["build_id"])]
        packages = [self.paper(rpm) for rpm in rpms if rpm["arch"] != "src"]
        write_repo(self.root / "pub" / REPO, packages)

    def paper(self, rpm: Mapping[str, Any]) -> PaperPackage:
        """The package of paper that Koji has a row of."""
        package = Package(rpm["name"], "0", rpm["version"], rpm["release"], rpm["arch"])
        return self.outside.builder.words.of(package)

    # -- what people do ------------------------------------------------------------------------------------------------

    def build_lands(
        self,
        nvr: str,
        *,
        owner: str = PACKAGER,
        side_tag: str | None = None,
        provides: Sequence[str] = (),
        requires: Sequence[str] = (),
        into: str = PENDING,
    ) -> str:
        """A packager's build lands before the gate, through a side tag if that is named; its name."""
        self.make(nvr, owner, provides, requires)
        hub = self.outside.hub
        if side_tag is not None:
            name = words.SIDE_TAGS + side_tag
            if hub.call(None, "getTag", name) is None:
                hub.call("admin", "createTag", name, arches=ARCH)
            hub.call("admin", "tagBuildBypass", name, nvr)
        hub.call("admin", "tagBuildBypass", into, nvr)
        return nvr

    def is_in_rawhide(self, nvr: str, **about: Any) -> str:
        """A build that was in rawhide before the story begins, which rawhide's repo shows."""
        self.build_lands(nvr, into=TARGET, **about)
        if self.has_repos:
            self.compose()
        return nvr

    def make(self, nvr: str, owner: str = PACKAGER, provides: Sequence[str] = (), requires: Sequence[str] = ()) -> None:
        """A build is made, and is in no tag."""
        name, version, release = nvr.rsplit("-", 2)
        hub = self.outside.hub
        if hub.call(None, "getUser", owner) is None:
            hub.call("admin", "createUser", owner)
        for tag in GATE_TAGS:
            hub.call("admin", "packageListAdd", tag, name, owner)
        hub.call("admin", "createEmptyBuild", name, version, release, None, owner=owner)
        said = self.outside.builder.words
        said.provides[nvr], said.requires[nvr] = provides, requires
        if self.has_repos:
            self._import(name, version, release)

    def _import(self, name: str, version: str, release: str) -> None:
        hub = self.outside.hub
        folder = hub.topdir / "work" / "stage"
        folder.mkdir(parents=True, exist_ok=True)
        nvr = f"{name}-{version}-{release}"
        for arch in ("src", ARCH):
            info = {"name": name, "version": version, "release": release, "arch": arch, "buildtime": 1477994400}
            info["payloadhash"] = hashlib.md5(f"{nvr}{arch}".encode(), usedforsecurity=False).hexdigest()
            info["sourcerpm"] = f"{nvr}.src.rpm"
            (folder / f"{nvr}.{arch}.rpm").write_bytes(rpm_file(info))
            hub.call("admin", "importRPM", "stage", f"{nvr}.{arch}.rpm")

    def move_by_hand(self, nvr: str, source: str | None, target: str | None) -> None:
        """Somebody moves a build with Koji's own command; None stands for no tag."""
        hub = self.outside.hub
        if source is not None:
            hub.call("admin", "untagBuildBypass", source, nvr)
        if target is not None:
            hub.call("admin", "tagBuildBypass", target, nvr)

    def says(self, wish: str, agent: str = "ralph", msg_id: str | None = None, **body: Any) -> None:
        """Somebody types a command of the gate; the message that the command line sends."""
        message = a_message(f"relengotron.person.{wish}", {"agent": agent, **body}, msg_id)
        self.machine.intake.store(message, is_local=True)

    # -- the life of the machine ---------------------------------------------------------------------------------------

    def turn(self, *pause: Any) -> int:
        """Everybody does what there is to do, the keeper of the gates and the tester too."""
        done = super().turn(*pause)
        done += self.machine.keeper.work()
        assert "defect" not in (trouble := self._trouble_of_the_keeper()), trouble
        self._advance()
        self._tester_hears()
        return done + self.tester.work()

    def _trouble_of_the_keeper(self) -> str:
        with self.machine.database.read() as db:
            return gate_looks.find(db, GATE).trouble

    def settle(self) -> None:
        """Turn until every build of the gate has come to rest."""
        self.run_until_quiet()

    def _tester_hears(self) -> None:
        """Testers have ways of their own not to lose what we say; here they hear everything, each message once."""
        for envelope in self.bus.sent[self._heard :]:
            suffix = envelope["topic"].split(".dev.", 1)[1]
            if is_ours(suffix) and envelope["msg_id"] not in self._known:
                self._known.add(envelope["msg_id"])
                self.tester.hear(suffix.removeprefix("relengotron."), envelope["msg"])
        self._heard = len(self.bus.sent)

    def _standing(self) -> list[tuple[Any, ...]]:
        return [*super()._standing(), *((row.nvr, row.state, row.batch) for row in self.rows())]

    def _coming(self) -> list[datetime]:
        """A build that has arrived is looked at again, because others may come that belong to it."""
        waiting = any(row.state is BuildState.ARRIVED for row in self.rows())
        return [*super()._coming(), *([self.clock() + self.settings.pace.poll] if waiting else [])]

    # -- what can be seen ----------------------------------------------------------------------------------------------

    def tags_of(self, nvr: str) -> set[str]:
        """The tags of the gate that a build carries."""
        found = {tag["name"] for tag in self.outside.hub.call(None, "listTags", build=nvr)}
        return found & set(GATE_TAGS)

    def builds_in(self, tag: str) -> list[str]:
        """The builds of a tag, the newest tagging first."""
        return [row["nvr"] for row in self.outside.hub.call(None, "listTagged", tag)]

    def latest(self, package: str, tag: str = TARGET) -> str | None:
        """The latest build of a package in a tag."""
        rows = self.outside.hub.call(None, "listTagged", tag, latest=True, package=package)
        return rows[0]["nvr"] if rows else None

    def row(self, nvr: str) -> GatedBuild:
        """What the journal knows of a build at the gate."""
        with self.machine.database.read() as db:
            found = gated.find(db, GATE, nvr)
        assert found is not None, f"the gate knows no {nvr}"
        return found

    def rows(self) -> list[GatedBuild]:
        """Every build that ever came to the gate."""
        with self.machine.database.read() as db:
            return gated.at(db, GATE, list(BuildState))

    def states(self, *nvrs: str) -> dict[str, str]:
        """Where these builds stand, or all that ever came."""
        return {row.nvr: str(row.state) for row in self.rows() if not nvrs or row.nvr in nvrs}

    def moves(self) -> list[tuple[str, str, str]]:
        """Every move that a task of Koji made: build, from, to, oldest first."""
        hub = self.outside.hub
        rows = hub.call(None, "listTasks", {"method": "tagBuild", "decode": True}, {"order": "id"})
        return [self._move(*row["request"]) for row in rows]

    def _move(self, target: int, build: int, _force: bool, source: int | None) -> tuple[str, str, str]:
        hub = self.outside.hub
        tags = {row["id"]: row["name"] for row in hub.call(None, "listTags")}
        return hub.call(None, "getBuild", build)["nvr"], tags[source] if source else "", tags[target]

    def repos_asked_for(self) -> int:
        """How often a build root repo was asked to be made anew."""
        return len(self.outside.hub.call(None, "listTasks", {"method": "newRepo"}, {"order": "id"}))

    def _in_target(self) -> frozenset[str]:
        return frozenset(self.builds_in(TARGET))

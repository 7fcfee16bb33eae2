"""What does Bodhi store, and how does it show its rows?"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

TAGS = (
    "stable_tag",
    "testing_tag",
    "candidate_tag",
    "pending_signing_tag",
    "pending_testing_tag",
    "pending_stable_tag",
    "override_tag",
)
DATES = ("date_submitted", "date_modified", "date_approved", "date_testing", "date_stable", "date_pushed")


def shown_time(moment: float | None) -> str | None:
    """A moment as Bodhi writes it: UTC, whole seconds."""
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M:%S}" if moment is not None else None


@dataclass(slots=True)
class Release:
    """One release; ``fields`` are shown as they are."""

    id: int
    fields: dict[str, Any]

    @property
    def name(self) -> str:
        """Such as ``F27``."""
        return str(self.fields["name"])

    @property
    def state(self) -> str:
        """disabled, pending, frozen, current or archived."""
        return str(self.fields["state"])

    def tag_of(self, request: str) -> str:
        """The Koji tag that a push of this request fills."""
        return str(self.fields["stable_tag" if request == "stable" else "testing_tag"])

    def shown(self) -> dict[str, Any]:
        """The wire object; its number is not in it."""
        return dict(self.fields)


def new_release_fields(name: str, version: str | None = None) -> dict[str, Any]:
    """A release as Fedora or EPEL would set it up, known by its name such as ``F27`` or ``EPEL-7``."""
    is_epel = name.upper().startswith("EPEL")
    version = version or name.rpartition("-")[2].lstrip("Ff")
    branch = f"epel{version}" if is_epel else f"f{version}"
    stable, testing = (branch, f"{branch}-testing") if is_epel else (f"{branch}-updates", f"{branch}-updates-testing")
    return {
        "name": name,
        "long_name": f"Fedora EPEL {version}" if is_epel else f"Fedora {version}",
        "version": version,
        "id_prefix": "FEDORA-EPEL" if is_epel else "FEDORA",
        "branch": branch,
        "dist_tag": branch,
        "stable_tag": stable,
        "testing_tag": testing,
        "candidate_tag": f"{testing}-candidate" if is_epel else f"{branch}-updates-candidate",
        "pending_signing_tag": f"{branch}-signing-pending",
        "pending_testing_tag": f"{testing}-pending",
        "pending_stable_tag": f"{stable}-pending",
        "override_tag": f"{branch}-override",
        "mail_template": "fedora_epel_errata_template" if is_epel else "fedora_errata_template",
        "state": "current",
        "composed_by_bodhi": True,
        "create_automatic_updates": False,
        "package_manager": "yum" if is_epel and version < "8" else "dnf",
        "testing_repository": "epel-testing" if is_epel else "updates-testing",
        "released_on": None,
        "eol": None,
    }


@dataclass(frozen=True, slots=True)
class Build:
    """One build of an update."""

    nvr: str
    signed: bool = True
    epoch: int = 0
    type: str = "rpm"

    @property
    def package(self) -> str:
        """The name in the NVR."""
        return self.nvr.rsplit("-", 2)[0]


@dataclass(frozen=True, slots=True)
class Bug:
    """One Bugzilla bug that an update names."""

    bug_id: int
    title: str = ""
    security: bool = False
    parent: bool = False

    def shown(self) -> dict[str, Any]:
        """The wire object."""
        return {
            "bug_id": self.bug_id,
            "title": self.title,
            "security": self.security,
            "parent": self.parent,
            "feedback": [],
        }


@dataclass(slots=True)
class Comment:
    """One comment on an update."""

    id: int
    author: str
    text: str
    karma: int
    timestamp: float
    bugs: dict[int, int] = field(default_factory=dict)
    test_cases: dict[str, int] = field(default_factory=dict)

    @property
    def resets_karma(self) -> bool:
        """Whether what was said before is about other builds."""
        return self.author == "bodhi" and ("New build" in self.text or "Removed build" in self.text)

    def shown(self) -> dict[str, Any]:
        """The wire object."""
        return {
            "id": self.id,
            "text": self.text,
            "karma": self.karma,
            "karma_critpath": 0,
            "timestamp": shown_time(self.timestamp),
            "user": {"name": self.author},
            "author": self.author,
            "bug_feedback": [
                {"bug_id": bug, "feedback": said, "karma": said, "comment_id": self.id, "bug": {"bug_id": bug}}
                for bug, said in self.bugs.items()
            ],
            "testcase_feedback": [
                {"testcase": {"name": name}, "feedback": said, "karma": said, "comment_id": self.id}
                for name, said in self.test_cases.items()
            ],
        }


@dataclass(slots=True)
class Update:
    """One update; dates are kept as epoch seconds in ``dates``."""

    id: int
    alias: str | None
    release: Release
    builds: tuple[Build, ...]
    user: str
    separator: str
    base_url: str
    type: str = "bugfix"
    severity: str = "unspecified"
    status: str = "pending"
    request: str | None = None
    locked: bool = False
    pushed: bool = False
    critpath: bool = False
    notes: str = ""
    display_name: str = ""
    suggest: str = "unspecified"
    karma: int = 0
    autokarma: bool = True
    stable_karma: int = 3
    unstable_karma: int = -3
    test_gating_status: str | None = "ignored"
    meets_testing_requirements: bool = True
    from_tag: str | None = None
    bugs: tuple[Bug, ...] = ()
    test_cases: tuple[str, ...] = ()
    comments: list[Comment] = field(default_factory=list)
    dates: dict[str, float] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The joined NVRs."""
        return self.separator.join(build.nvr for build in self.builds)

    @property
    def content_type(self) -> str:
        """The kind of its builds; an update that has lost all of them was one of RPMs."""
        return self.builds[0].type if self.builds else "rpm"

    @property
    def is_signed(self) -> bool:
        """Whether every build is signed."""
        return all(build.signed for build in self.builds)

    def is_called(self, name: str) -> bool:
        """Whether this is its alias or its title."""
        return name in (self.alias, self.title)

    def shown(self) -> dict[str, Any]:
        """The wire object."""
        return {
            "alias": self.alias,
            "updateid": self.alias,
            "title": self.title,
            "display_name": self.display_name,
            "status": self.status,
            "request": self.request,
            "locked": self.locked,
            "pushed": self.pushed,
            "type": self.type,
            "severity": self.severity,
            "suggest": self.suggest,
            "critpath": self.critpath,
            "critpath_groups": None,
            "karma": self.karma,
            "autokarma": self.autokarma,
            "stable_karma": self.stable_karma,
            "unstable_karma": self.unstable_karma,
            "autotime": False,
            "stable_days": 7,
            "notes": self.notes,
            "close_bugs": True,
            "require_bugs": False,
            "require_testcases": False,
            "from_tag": self.from_tag,
            "test_gating_status": self.test_gating_status,
            "meets_testing_requirements": self.meets_testing_requirements,
            "content_type": self.content_type,
            "url": f"{self.base_url}/updates/{self.alias or self.title}",
            "version_hash": f"{self.id:040x}",
            "release": self.release.shown(),
            "user": {"name": self.user},
            "builds": [self._shown_build(build) for build in self.builds],
            "bugs": [bug.shown() for bug in self.bugs],
            "comments": [comment.shown() for comment in self.comments],
            "test_cases": [{"name": name} for name in self.test_cases],
            **{name: shown_time(self.dates.get(name)) for name in DATES},
        }

    def _shown_build(self, build: Build) -> dict[str, Any]:
        return {
            "nvr": build.nvr,
            "epoch": build.epoch,
            "signed": build.signed,
            "type": build.type,
            "release_id": self.release.id,
        }


@dataclass(slots=True)
class ComposeRow:
    """One push of one release, request and content type, from the order to its end."""

    release: Release
    request: str
    content_type: str
    updates: list[Update]
    created: float
    state: str = "requested"
    state_date: float = 0.0
    error_message: str | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it the only one of its kind."""
        return self.release.name, self.request, self.content_type

    @property
    def security(self) -> bool:
        """Whether any of its updates is a security update."""
        return any(update.type == "security" for update in self.updates)

    def ordered(self) -> dict[str, Any]:
        """How the order to push names it."""
        return {
            "content_type": self.content_type,
            "release_id": self.release.id,
            "request": self.request,
            "security": self.security,
        }

    def shown(self) -> dict[str, Any]:
        """The wire object."""
        return self.ordered() | {
            "release": self.release.shown(),
            "state": self.state,
            "state_date": shown_time(self.state_date),
            "date_created": shown_time(self.created),
            "error_message": self.error_message,
            "checkpoints": "{}",
            "update_summary": [{"alias": update.alias, "title": update.title} for update in self.updates],
        }

"""What does Bodhi do with releases, updates, requests and comments?"""

import hashlib
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from relengotron.systems.bodhi.simulated.era import Era
from relengotron.systems.bodhi.simulated.overrides import Overrides
from relengotron.systems.bodhi.simulated.pushing import Pushes, PushOrder
from relengotron.systems.bodhi.simulated.refusal import Refusal, locked
from relengotron.systems.bodhi.simulated.rows import (
    TAGS,
    Bug,
    Build,
    Comment,
    ComposeRow,
    Release,
    Update,
    new_release_fields,
)
from relengotron.systems.bodhi.simulated.sessions import Sessions
from relengotron.systems.bodhi.simulated.state import Announce, BodhiState

STATES = ("disabled", "pending", "frozen", "current", "archived")
LONGEST = {"name": 10, "long_name": 25, "version": 5, "branch": 10, "dist_tag": 20}
SYSTEM_USERS = frozenset({"bodhi"})


class SimulatedBodhi:
    """Updates in memory under Bodhi's rules; every change is announced after it is made.

    ``tag_exists`` asks Koji whether a tag is there; ``admins`` may edit every update and every release.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        announce: Announce | None = None,
        era: Era = Era.COMPOSER,
        tag_exists: Callable[[str], bool] = bool,
        admins: Iterable[str] = ("releng",),
        csrf_lifetime: float = 3600.0,
        base_url: str = "http://bodhi.sim",
    ) -> None:
        self.state = state = BodhiState(clock, announce, era)
        self.base_url = base_url
        self.admins = frozenset(admins)
        self.tokens: dict[str, str] = {}
        """By OpenID Connect token, whose it is."""
        self.sessions = Sessions(clock, csrf_lifetime)
        self.overrides = Overrides(state)
        self._pushes = Pushes(state)
        self._tag_exists = tag_exists
        self._heard: set[str] = set()

    @property
    def lock(self) -> threading.RLock:
        """Hold it to read more than one row."""
        return self.state.lock

    @property
    def releases(self) -> dict[str, Release]:
        """By name."""
        return self.state.releases

    @property
    def updates(self) -> list[Update]:
        """In the order they were made."""
        return self.state.updates

    @property
    def composes(self) -> dict[tuple[str, str, str], ComposeRow]:
        """Pushes in flight by release, request and content type."""
        return self.state.composes

    def add_release(self, name: str, version: str | None = None, **fields: Any) -> Release:
        """A release with Fedora's usual names, but for the fields given."""
        with self.lock:
            release = Release(len(self.releases) + 1, new_release_fields(name, version) | fields)
            self.releases[name] = release
            return release

    def add_update(
        self,
        release: str,
        builds: Iterable[str | Build],
        *,
        alias: str | None = None,
        bugs: Iterable[int | Bug] = (),
        user: str = "packager",
        **fields: Any,
    ) -> Update:
        """An update, pending and without request but for the fields given; bare NVRs are signed builds."""
        with self.lock:
            number = len(self.updates) + 1
            update = Update(
                id=number,
                alias=alias or self._new_alias(self.releases[release], number),
                release=self.releases[release],
                builds=tuple(Build(build) if isinstance(build, str) else build for build in builds),
                bugs=tuple(Bug(bug) if isinstance(bug, int) else bug for bug in bugs),
                user=user,
                separator=self.state.era.title_separator,
                base_url=self.base_url,
                **fields,
            )
            update.dates.setdefault("date_submitted", self.state.clock())
            self.updates.append(update)
            return update

    def update(self, name: str) -> Update:
        """The update with this alias or title."""
        return self.state.update(name)

    def release(self, name: str) -> Release:
        """The release with this name."""
        if name not in self.releases:
            raise Refusal("body", "name", "No such release", 404)
        return self.releases[name]

    def set_request(self, name: str, action: str, user: str) -> Update:
        """Somebody asks that an update be pushed, unpushed, revoked or made obsolete."""
        with self.lock:
            update = self.update(name)
            if update.locked:
                raise locked()
            changed = self._apply_request(update, action, user)
            message = {"update": update.shown(), "agent": user}
            topic = f"bodhi.update.request.{update.request if action == 'stable' and update.request else action}"
        if changed:
            self.state.announce(topic, message)
        return update

    def comment(
        self,
        name: str,
        text: str,
        karma: int,
        author: str,
        bugs: Mapping[int, int] | None = None,
        test_cases: Mapping[str, int] | None = None,
    ) -> tuple[Comment, list[dict[str, str]]]:
        """Somebody comments; karma on one's own update does not count, and is forgotten when builds are changed."""
        with self.lock:
            update = self.update(name)
            if not (text or karma or any((bugs or {}).values()) or any((test_cases or {}).values())):
                raise Refusal("body", "comment", "You must provide either some text or feedback")
            caveats = []
            if karma and author == update.user:
                karma = 0
                caveats.append({"name": "karma", "description": "You may not give karma to your own updates."})
            _check_feedback(update, bugs or {}, test_cases or {})
            comment = self.state.add_comment(update, text, author, karma, bugs, test_cases)
            update.karma = sum({c.author: c.karma for c in _since_the_reset(update) if c.karma}.values())
            message = {
                "comment": comment.shown() | {"update": update.shown(), "update_id": update.id},
                "agent": author,
            }
        if author not in SYSTEM_USERS:
            self.state.announce("bodhi.update.comment", message)
        return comment, caveats

    def edit_builds(self, name: str, builds: Iterable[str], user: str) -> Update:
        """Somebody changes the builds of an update: all karma is forgotten, and it must be tested again."""
        with self.lock:
            update = self.update(name)
            if update.locked:
                raise locked()
            old, new = {build.nvr for build in update.builds}, tuple(builds)
            update.builds = tuple(Build(build) for build in new)
            told = [f"New build(s):\n\n- {build}" for build in new if build not in old]
            told += [f"Removed build(s):\n\n- {build}" for build in sorted(old - set(new))]
            text = "\n\n".join([f"{user} edited this update.", *told, "Karma has been reset."])
            self.state.add_comment(update, text)
            update.karma, update.request = 0, "testing"
        self.state.announce("bodhi.update.edit", {"update": update.shown(), "agent": user})
        return update

    def save_release(self, fields: dict[str, Any], user: str | None) -> Release:
        """Create a release, or change the one that ``edited`` names; its tags must exist in Koji."""
        if user not in self.admins:
            raise Refusal("body", "permission", "Access was denied to this resource.", 403)
        edited = fields.pop("edited", None)
        _check_release_fields(fields, is_new=edited is None)
        for tag in TAGS:
            if fields.get(tag) and not self._tag_exists(fields[tag]):
                raise Refusal("body", tag, f"Invalid tag: {fields[tag]}")
        with self.lock:
            if edited is None:
                return self.add_release(**fields)
            release = self.release(edited)
            was_archived = release.state == "archived"
            release.fields.update(fields)
            del self.releases[edited]
            self.releases[release.name] = release
            if release.state == "archived" and not was_archived:
                self._retire_updates_of(release)
            return release

    def start_push(
        self,
        *,
        releases: Iterable[str] | None = None,
        requests: Iterable[str] = ("stable", "testing"),
        updates: Iterable[str] | None = None,
        resume: bool = False,
        agent: str = "releng",
    ) -> PushOrder:
        """What ``bodhi-push`` does: lock the updates, make the compose rows, announce the order."""
        return self._pushes.start(releases, tuple(requests), updates, resume, agent)

    def hear(
        self, topic_suffix: str, body: dict[str, Any], msg_id: str | None = None, *, wants_answer: bool = False
    ) -> None:
        """Take note of what relengotron says about a push, once for each id; anything else is not for us.

        Whoever wants to know that it arrived is answered after it is stored, each time.
        """
        if msg_id is None or self._is_new(msg_id):
            self._pushes.hear(topic_suffix, body)
        if msg_id is not None and wants_answer:
            self.state.announce("gilmsg.ack", {"ack_msg_id": msg_id})

    def may_edit(self, update: Update, user: str) -> bool:
        """Whether this person may change the update."""
        return user == update.user or user in self.admins

    def _is_new(self, msg_id: str) -> bool:
        with self.lock:
            is_new = msg_id not in self._heard
            self._heard.add(msg_id)
            return is_new

    def _new_alias(self, release: Release, number: int) -> str:
        year = datetime.fromtimestamp(self.state.clock(), UTC).year
        unique = hashlib.sha256(f"{release.name} {number}".encode()).hexdigest()[:10]
        return f"{release.fields['id_prefix']}-{year}-{unique}"

    def _apply_request(self, update: Update, action: str, user: str) -> bool:
        if action in (update.status, update.request):
            return False
        match action:
            case "unpush":
                _unpush(update)
                self.state.add_comment(update, "This update has been unpushed.", user)
            case "obsolete":
                update.status, update.request, update.pushed = "obsolete", None, False
                self.state.add_comment(update, "This update has been obsoleted.")
            case "revoke":
                _revoke(update)
            case _:
                update.request = _next_request(update, action)
                if update.status in ("obsolete", "unpushed"):
                    update.status = "pending"
                self.state.add_comment(update, f"This update has been submitted for {update.request} by {user}.")
        update.dates["date_modified"] = self.state.clock()
        return True

    def _retire_updates_of(self, release: Release) -> None:
        for update in self.updates:
            if update.release is release and update.status not in ("stable", "unpushed", "obsolete"):
                update.status, update.request = "obsolete", None
                self.state.add_comment(
                    update, f"This update is marked obsolete because the {release.name} release is archived."
                )


def _since_the_reset(update: Update) -> list[Comment]:
    resets = [number for number, comment in enumerate(update.comments, 1) if comment.resets_karma]
    return update.comments[resets[-1] if resets else 0 :]


def _check_feedback(update: Update, bugs: Mapping[int, int], test_cases: Mapping[str, int]) -> None:
    strange = [str(bug) for bug in bugs if bug not in {each.bug_id for each in update.bugs}]
    if strange:
        raise Refusal("querystring", "bug_feedback", f"Invalid bug ids specified: {', '.join(strange)}")
    strange = [name for name in test_cases if name not in update.test_cases]
    if strange:
        raise Refusal("querystring", "testcase_feedback", f"Invalid testcase names specified: {', '.join(strange)}")


def _unpush(update: Update) -> None:
    if update.status != "testing":
        raise Refusal("body", "request", f"Can't unpush a {update.status} update")
    update.status, update.request, update.pushed = "unpushed", None, False


def _revoke(update: Update) -> None:
    if not update.request:
        raise Refusal("body", "request", "Can only revoke an update with an existing request")
    if update.status == "pending" and update.request == "testing":
        update.status = "unpushed"
    update.request = None


def _next_request(update: Update, action: str) -> str:
    """The request that is really set; one that is not ready for stable goes to testing first."""
    if action == "testing" and update.status == "stable":
        raise Refusal("body", "request", "Pushing back to testing a stable update is not allowed")
    if action != "stable":
        return action
    if update.status == "pending" and update.release.state == "frozen":
        raise Refusal("body", "request", "The release is frozen and the update has not been in testing yet")
    if update.meets_testing_requirements:
        return "stable"
    if update.status == "testing" or update.request == "testing":
        raise Refusal("body", "request", "This update has not yet met the minimum testing requirements")
    return "testing"


def _check_release_fields(fields: dict[str, Any], *, is_new: bool) -> None:
    if is_new and not fields.get("name"):
        raise Refusal("body", "name", "Required")
    for key, longest in LONGEST.items():
        if len(str(fields.get(key) or "")) > longest:
            raise Refusal("body", key, f"Longer than maximum length {longest}")
    if fields.get("state", "current") not in STATES:
        raise Refusal("body", "state", f'"{fields["state"]}" is not one of {", ".join(STATES)}')

"""How does the lab's Koji come to its users, tags, builds and signatures?

Everything goes through the ordinary client, as an administrator with a script would do it.
"""

import base64
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import koji

from relengotron.lab.bits.build import Built
from relengotron.lab.bits.package import Update
from relengotron.lab.bits.updates import UPDATES
from relengotron.lab.bits.upload import upload_file

PEOPLE: Mapping[str, Sequence[str]] = {
    "relengotron": (
        "runroot",
        "image",
        "livecd",
        "livemedia",
        "appliance",
        "dist-repo",
        "repo",
        "tag",
        "sign",
        "releng",
    ),
}
POLICIES: Mapping[str, str] = {
    "tag": """
        has_perm admin :: allow
        operation untag && has_perm releng :: allow
        tag f*-updates f*-updates-* && has_perm releng :: allow
        all :: deny tagging into that tag is for release engineering
    """,
}
CHANNELS = ("default", "createrepo", "image", "livecd", "livemedia", "appliance", "runroot")
BUILDER = "builder1"
BUILDER_ARCHES = ("x86_64", "i386")
TAG_ARCHES = "i686 x86_64"
UPLOAD_FOLDER = "cli-import/lab"
BATCH = 200

PARENTS: Mapping[str, str] = {
    "": "",
    "-updates": "",
    "-updates-candidate": "-updates",
    "-updates-testing": "-updates",
    "-updates-testing-pending": "-updates-testing",
    "-updates-pending": "-updates",
    "-override": "-updates",
    "-build": "-override",
}
PLACES: Mapping[str, Sequence[str]] = {
    "testing": ("-updates-candidate", "-updates-testing-pending"),
    "stable": ("-updates-testing", "-updates-pending"),
}


@dataclass(frozen=True, slots=True)
class Signatures:
    """The key of the lab and the signature header of every package."""

    key: str
    headers: Mapping[Path, bytes]


def seed_koji(
    session: koji.ClientSession, builds: Sequence[Built], signatures: Signatures, topdir: Path | None = None
) -> None:
    """Fill an empty hub: users, builder, tags and targets, builds with signed copies, updates in their tags.

    The hub should run with :data:`POLICIES`, so that the daemon's user may move updates.

    Args:
        session: logged in as an administrator.
        topdir: the hub's store, if it is on this machine: packages are then copied there and not uploaded.
    """
    seed_people(session)
    releases = sorted({build.distribution for build in builds})
    for release in releases:
        seed_tags(session, release)
    _add_packages(session, builds, releases)
    seed_builds(session, builds, signatures, topdir)
    _write_copies(session, [build for build in builds if build.nvr not in _unwritten(releases)], signatures.key)
    _tag(session, builds)


def seed_people(session: koji.ClientSession) -> None:
    """The daemon's user with its permissions, the builder with its channels; what is there already stays."""
    for name, permissions in PEOPLE.items():
        if session.getUser(name) is None:
            session.createUser(name)
        held = set(session.getUserPerms(name))
        for permission in permissions:
            if permission not in held:
                session.grantPermission(name, permission, create=True)
    known = {channel["name"] for channel in session.listChannels()}
    for channel in CHANNELS:
        if channel not in known:
            session.addChannel(channel)
    if session.getHost(BUILDER) is None:
        session.addHost(BUILDER, list(BUILDER_ARCHES))
    served = {channel["name"] for channel in session.listChannels(BUILDER)}
    for channel in CHANNELS:
        if channel not in served:
            session.addHostToChannel(BUILDER, channel)


def seed_tags(session: koji.ClientSession, release: str) -> None:
    """The tags and targets of one release."""
    for suffix, parent in PARENTS.items():
        above = f"f{release}{parent}" if suffix else None
        session.createTag(f"f{release}{suffix}", parent=above, arches=TAG_ARCHES)
    for name in (f"f{release}", f"f{release}-candidate"):
        session.createBuildTarget(name, f"f{release}-build", f"f{release}-updates-candidate")


def seed_builds(
    session: koji.ClientSession, builds: Sequence[Built], signatures: Signatures, topdir: Path | None
) -> None:
    """Import every package, its source first, and its signature."""
    rpms = [rpm for build in builds for rpm in sorted(build.rpms, key=_source_first)]
    for rpm in rpms:
        if topdir is None:
            upload_file(session, rpm, UPLOAD_FOLDER)
        else:
            _copy(rpm, topdir / "work" / UPLOAD_FOLDER)
    with _batch(session) as batch:
        for rpm in rpms:
            batch.importRPM(UPLOAD_FOLDER, rpm.name)
            batch.addRPMSig(rpm.name.removesuffix(".rpm"), base64.b64encode(signatures.headers[rpm]).decode())


def _copy(rpm: Path, folder: Path) -> None:
    """A copy of its own: whatever happens to the bits in the lab, the packages beside it stay as built."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(rpm, folder / rpm.name)


def _source_first(rpm: Path) -> tuple[bool, str]:
    return not rpm.name.endswith(".src.rpm"), rpm.name


def _add_packages(session: koji.ClientSession, builds: Iterable[Built], releases: Iterable[str]) -> None:
    names = sorted({build.source.name for build in builds})
    with _batch(session) as batch:
        for release in releases:
            for name in names:
                batch.packageListAdd(f"f{release}", name, owner="relengotron")


def _write_copies(session: koji.ClientSession, builds: Iterable[Built], key: str) -> None:
    with _batch(session) as batch:
        for build in builds:
            for rpm in build.rpms:
                batch.writeSignedRPM(rpm.name.removesuffix(".rpm"), key)


def _tag(session: koji.ClientSession, builds: Iterable[Built]) -> None:
    requests = {source: update.request for update in UPDATES for source in update.sources}
    with _batch(session) as batch:
        for build in builds:
            places = PLACES[requests[build.source]] if build.is_update and build.source in requests else ("",)
            for suffix in places:
                batch.tagBuildBypass(f"f{build.distribution}{suffix}", build.nvr)


def _unwritten(releases: Iterable[str]) -> frozenset[str]:
    """Builds that are signed but whose signed copies nobody wrote yet: a step that the daemon has to ask for."""
    return frozenset(
        source.nvr(release)
        for release in releases
        for update in UPDATES
        if not update.signed_copy_written
        for source in update.sources
    )


@contextmanager
def _batch(session: koji.ClientSession) -> Iterator[Any]:
    """Many calls in few requests; the first fault is raised at the end."""
    with session.multicall(strict=True, batch=BATCH) as calls:
        yield calls


def nvrs(update: Update, release: str) -> list[str]:
    """The builds of an update in one release."""
    return [source.nvr(release) for source in update.sources]

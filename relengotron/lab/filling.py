"""How does an empty lab become a small distribution? Packages, releases, trees and waiting updates."""

import fcntl
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from relengotron.errors import Permanent
from relengotron.lab.bits.build import Built, build_packages
from relengotron.lab.bits.seed import Signatures, seed_koji
from relengotron.lab.bits.seed_bodhi import describe_updates
from relengotron.lab.bits.seed_pdc import seed_pdc
from relengotron.lab.bits.sign import sign_packages
from relengotron.lab.first_day import release_images, release_trees, sign_trees
from relengotron.lab.place import ARCHES, Place
from relengotron.lab.rawhide.seeding import build_rawhide, release_rawhide, seed_rawhide
from relengotron.lab.scenario import Scenario
from relengotron.lab.stand_ins import StandIns
from relengotron.lab.voice import Voice
from relengotron.settings import load

TIMEOUT = 120


@dataclass(frozen=True, slots=True)
class Packages:
    """Everything that was ever built, and its signatures."""

    builds: Sequence[Built]
    signatures: Signatures
    rawhide: Sequence[Built] = ()


def make_packages(place: Place, scenario: Scenario, voice: Voice) -> Packages:
    """The RPMs of every release and update, built and signed; what an earlier lab made is taken as it is."""
    updates = [source for update in scenario.updates for source in update.sources]
    with _alone(place):
        voice.say(f"building the RPMs of {' and '.join(scenario.releases)} (kept for the next time)")
        builds = build_packages(place.packages, scenario.releases, ARCHES, updates=updates, count=voice.count)
        rawhide = build_rawhide(place.packages, voice.count) if scenario.has_gate else ()
        rpms = [rpm for build in (*builds, *rawhide) for rpm in build.rpms]
        voice.say(f"signing {len(rpms)} RPMs of {len(builds) + len(rawhide)} builds")
        return Packages(builds, Signatures(*sign_packages(rpms, place.key_file)), rawhide)


@contextmanager
def _alone(place: Place) -> Iterator[None]:
    """Two labs that share their packages build them one after the other."""
    place.packages.mkdir(parents=True, exist_ok=True)
    with (place.packages / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def fill(stand_ins: StandIns, packages: Packages, scenario: Scenario, voice: Voice) -> None:
    """Everything that was there before the push: builds, the released repos and trees, PDC's knowledge, updates."""
    place, builds, releases = stand_ins.place, packages.builds, scenario.releases
    voice.say("importing the builds into Koji")
    seed_koji(stand_ins.session("admin", "adminpw"), builds, packages.signatures, place.koji)
    if packages.rawhide:
        voice.say("putting a gate before rawhide")
        fill_rawhide(stand_ins, packages)
    voice.say("telling PDC what is made from what")
    seed_pdc(f"{stand_ins.urls['pdc']}/rest_api/v1", stand_ins.pdc_state.token, builds, releases)
    voice.say("releasing the first repos, trees and images")
    release_repos(place, builds, releases)
    release_trees(place, releases, base_repo)
    settings = load(place.config)
    sign_trees(settings, place)
    release_images(settings)
    write_mash_config(place, stand_ins.urls["koji"], packages.signatures.key, releases)
    fill_bodhi(stand_ins, scenario)


def fill_rawhide(stand_ins: StandIns, packages: Packages) -> None:
    """Rawhide as it was before anything landed."""
    place, builds = stand_ins.place, packages.rawhide
    seed_rawhide(stand_ins.session("admin", "adminpw"), builds, packages.signatures, place.koji)
    release_rawhide(place.mirror, builds)


def release_repos(place: Place, builds: Sequence[Built], releases: Sequence[str]) -> None:
    """The repos of the releases as they were on the first day, per arch."""
    for release in releases:
        for arch in ARCHES:
            directory = base_repo(place, release, arch)
            directory.mkdir(parents=True, exist_ok=True)
            for build in builds:
                if build.distribution == release and not build.is_update:
                    _link_packages(build, arch, directory)
            # The compression is named, because newer tools take one that the solver cannot read.
            _run(["createrepo_c", "--quiet", "--no-database", "--general-compress-type", "gz", str(directory)])


def base_repo(place: Place, release: str, arch: str) -> Path:
    """Where a released repo lies on the mirror."""
    return place.mirror / base_repo_path(release, arch)


def base_repo_path(release: str, arch: str) -> str:
    """The same below the mirror's root."""
    return f"releases/{release}/Everything/{arch}/os"


def write_mash_config(place: Place, hub: str, key: str, releases: Sequence[str]) -> None:
    """What mash on the builder reads: one section a tag."""
    directory = place.mash_config.parent
    directory.mkdir(parents=True, exist_ok=True)
    place.mash_config.write_text(f"[defaults]\nconfigdir = {directory}\nbuildhost = {hub}\nrepodir = {place.koji}\n")
    for release in releases:
        for tag in (f"f{release}-updates", f"f{release}-updates-testing"):
            options = {
                "rpm_path": "%(arch)s/",
                "source_path": "SRPMS/",
                "debuginfo": "False",
                "multilib": "False",
                "tag": tag,
                "inherit": "False",
                "strict_keys": "True",
                "keys": key,
                "arches": " ".join(ARCHES),
            }
            lines = "\n".join(f"{name} = {value}" for name, value in options.items())
            (directory / f"{tag}.mash").write_text(f"[{tag}]\n{lines}\n")


def fill_bodhi(stand_ins: StandIns, scenario: Scenario) -> None:
    """The releases and every update that waits for a push."""
    bodhi = stand_ins.bodhi
    for release in scenario.releases:
        bodhi.add_release(f"F{release}", release)
    wanted = {
        source.nvr(release) for each in scenario.updates for source in each.sources for release in scenario.releases
    }
    for update in describe_updates(scenario.releases):
        if not wanted.issuperset(update.builds):
            continue
        bodhi.add_update(
            update.release,
            update.builds,
            alias=update.alias,
            bugs=update.bugs,
            test_cases=tuple(f"QA:Testcase {build.rsplit('-', 2)[0]}" for build in update.builds),
            type=update.type,
            severity=update.severity,
            notes=update.notes,
            status=update.status,
            request=update.request,
        )


def _link_packages(build: Built, arch: str, directory: Path) -> None:
    for rpm in build.rpms:
        target = directory / rpm.name
        if rpm.name.endswith((f".{arch}.rpm", ".noarch.rpm")) and not target.exists():
            os.link(rpm, target)


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    if done.returncode:
        raise Permanent(f"{command[0]} ended with {done.returncode}: {done.stderr[-2000:]}")

"""Are the packages real, repeatable, signed and closed under their dependencies?"""

import time
from pathlib import Path

import koji
import pytest
import rpmfile

from relengotron.errors import Permanent
from relengotron.lab.bits.artifacts import CLOUD_PACKAGES, SHIPPED, TREE_PACKAGES
from relengotron.lab.bits.build import BUILD_HOST, build_packages
from relengotron.lab.bits.catalogue import BROKEN, CATALOGUE
from relengotron.lab.bits.seed_bodhi import describe_updates
from relengotron.lab.bits.solve import Unsolvable, closure_problems, solve, split_evr
from relengotron.lab.bits.updates import UPDATES
from tests.lab.tiny import NEWER, PACKAGES, TinyDistribution

GIFTS = {gift.split()[0] for each in CATALOGUE for binary in each.binaries for gift in (binary.name, *binary.provides)}


def test_the_catalogue_is_large_enough_and_its_names_are_unique() -> None:
    names = [binary.name for each in CATALOGUE for binary in each.binaries]
    assert len(CATALOGUE) >= 30
    assert len(names) == len(set(names))


def test_every_requirement_of_the_catalogue_is_given_by_some_package() -> None:
    needs = {need.split()[0] for each in CATALOGUE for binary in each.binaries for need in binary.requires}
    assert needs <= GIFTS


def test_no_file_belongs_to_two_packages() -> None:
    files = [path for each in CATALOGUE for binary in each.binaries for path in binary.files]
    assert len(files) == len(set(files))


def test_everything_an_artifact_wants_is_in_the_catalogue() -> None:
    assert {*TREE_PACKAGES, *CLOUD_PACKAGES} <= GIFTS
    assert "broken-scriptlet" not in {name for each in SHIPPED for name in each.packages}


def test_updates_are_newer_builds_of_known_packages() -> None:
    first = {each.name: each for each in CATALOGUE}
    for update in UPDATES:
        for each in update.sources:
            assert (each.version, each.release) != (first[each.name].version, first[each.name].release)


def test_updates_cover_what_a_push_meets() -> None:
    assert any(update.kind == "security" for update in UPDATES)
    assert any(len(update.sources) > 1 for update in UPDATES)
    assert any(not update.signed_copy_written for update in UPDATES)
    assert {update.request for update in UPDATES} == {"testing", "stable"}


def test_bodhi_gets_one_description_per_release_with_its_own_alias() -> None:
    described = describe_updates()
    assert len(described) == 2 * len(UPDATES)
    assert len({each.alias for each in described}) == len(described)
    assert all(each.title.split() == list(each.builds) for each in described)


def test_a_build_has_its_source_its_arch_and_its_noarch_packages(tiny: TinyDistribution) -> None:
    shell = next(build for build in tiny.builds if build.nvr == "shell-1.0-1.fc24")
    assert [rpm.name for rpm in shell.rpms] == [
        "shell-1.0-1.fc24.src.rpm",
        "shell-1.0-1.fc24.x86_64.rpm",
        "shell-doc-1.0-1.fc24.noarch.rpm",
    ]
    with rpmfile.open(str(shell.rpms[1])) as rpm:
        assert rpm.headers["buildhost"] == BUILD_HOST.encode()
        assert b"base" in rpm.headers["requirename"]


def test_a_second_call_builds_nothing(tiny: TinyDistribution) -> None:
    folder = tiny.builds[0].rpms[0].parent.parent
    before = {rpm: rpm.stat().st_mtime_ns for build in tiny.builds for rpm in build.rpms}
    start = time.monotonic()
    again = build_packages(folder, ("24",), ("x86_64",), catalogue=PACKAGES, updates=NEWER)
    assert time.monotonic() - start < 1
    assert {rpm: rpm.stat().st_mtime_ns for build in again for rpm in build.rpms} == before


def test_an_equal_spec_gives_an_equal_file(tiny: TinyDistribution, tmp_path: Path) -> None:
    again = build_packages(tmp_path, ("24",), ("x86_64",), catalogue=PACKAGES[:1], updates=())
    first = next(build for build in tiny.builds if build.nvr == again[0].nvr)
    assert [rpm.read_bytes() for rpm in again[0].rpms] == [rpm.read_bytes() for rpm in first.rpms]


def test_every_package_has_a_real_signature_header(tiny: TinyDistribution) -> None:
    assert len(tiny.key) == 8
    assert {koji.get_sighdr_key(header) for header in tiny.headers.values()} == {tiny.key}
    assert all(koji.get_sighdr_key(koji.rip_rpm_sighdr(str(rpm))) is None for rpm in tiny.headers)


def test_a_spliced_copy_carries_the_signature(tiny: TinyDistribution, tmp_path: Path) -> None:
    rpm, header = next(iter(tiny.headers.items()))
    copy = koji.splice_rpm_sighdr(header, str(rpm), str(tmp_path / rpm.name))
    assert koji.get_sighdr_key(koji.rip_rpm_sighdr(copy)) == tiny.key


def test_a_closed_repo_has_no_problems(tiny: TinyDistribution, tmp_path: Path) -> None:
    repo = tiny.write_repo(tmp_path / "repo")
    assert closure_problems({"ga": repo / "repodata" / "primary.xml.gz"}, "x86_64") == []


def test_a_repo_with_a_hole_names_it(tiny: TinyDistribution, tmp_path: Path) -> None:
    repo = tiny.write_repo(tmp_path / "repo", update=True)
    problems = closure_problems({"updates": repo / "repodata" / "primary.xml.gz"}, "x86_64")
    assert any("nothing provides base" in problem for problem in problems)


def test_the_solver_takes_the_newest_and_what_it_needs(tiny: TinyDistribution, tmp_path: Path) -> None:
    primaries = {
        name: tiny.write_repo(tmp_path / name, update=name == "updates") / "repodata" / "primary.xml.gz"
        for name in ("ga", "updates")
    }
    found = solve(primaries, ["kernel"], "x86_64")
    assert [each.nevra for each in found] == [
        "base-1-1.fc24.noarch",
        "kernel-4.5-1.fc24.x86_64",
        "shell-1.1-1.fc24.x86_64",
    ]
    assert all(each.sha256 and each.location for each in found)


def test_a_name_that_nobody_provides_is_missing(tiny: TinyDistribution, tmp_path: Path) -> None:
    repo = tiny.write_repo(tmp_path / "repo")
    with pytest.raises(Unsolvable, match="nothing provides nowhere"):
        solve({"ga": repo / "repodata" / "primary.xml.gz"}, ["nowhere"], "x86_64")


@pytest.mark.parametrize("name", ["primary.xml.zst", "primary.xml.nonsense", "nowhere.xml.gz", "primary.xml"])
def test_metadata_that_the_solver_cannot_read_are_named_and_crash_nothing(name: str, tmp_path: Path) -> None:
    primary = tmp_path / name
    if "nowhere" not in name:
        primary.write_bytes(b"(\xb5/\xfd nonsense")
    with pytest.raises(Permanent, match=name):
        solve({"ga": primary}, ["kernel"], "x86_64")


@pytest.mark.parametrize(("text", "parts"), [("1:2-3", ("1", "2", "3")), ("2-3.fc24", ("0", "2", "3.fc24"))])
def test_an_evr_has_three_parts(text: str, parts: tuple[str, str, str]) -> None:
    assert split_evr(text) == parts


def test_the_broken_package_says_so_in_its_scriptlet(tiny: TinyDistribution) -> None:
    assert BROKEN.binaries[0].scriptlet == "exit 1"

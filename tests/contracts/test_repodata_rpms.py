"""Do packages that no repo shows yet count like those of a repo?"""

import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from relengotron.errors import MalformedInput
from relengotron.model.package import Package
from relengotron.systems.repodata.converting import in_a_child
from relengotron.systems.repodata.port import Universe
from tests.contracts.repodata_repos import Reader, Rpm, a_manifest, a_repo

SPEC = """
Name: {name}
Version: {version}
Release: 1
Summary: s
License: MIT
BuildArch: noarch
{requires}
%description
%files
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Real packages, by name and version."""
    place = tmp_path_factory.mktemp("rpms")
    jobs = [_build(place, *each) for each in (("app", "1"), ("app", "2", "lib"), ("app", "3"), ("lib", "1"))]
    assert [job.wait() for job in jobs] == [0] * len(jobs)
    return {rpm.name.removesuffix("-1.noarch.rpm"): rpm for rpm in place.rglob("*.rpm")}


def _build(place: Path, name: str, version: str, *requires: str) -> "subprocess.Popen[bytes]":
    spec = place / f"{name}-{version}.spec"
    needs = "".join(f"Requires: {each}\n" for each in requires)
    spec.write_text(SPEC.format(name=name, version=version, requires=needs))
    return subprocess.Popen(
        ["rpmbuild", "-bb", "--quiet", "--define", f"_topdir {place}/{name}-{version}", str(spec)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def solved(reader: Reader, url: str, *rpms: Path) -> dict[Package, str]:
    solution = reader.repodata.solve(Universe((url,), "x86_64", rpms), a_manifest("app"))
    assert solution.is_possible, solution.problems
    return dict(solution.packages)


def test_a_file_beside_the_repos_is_an_update_like_any_other(tmp_path: Path, built: dict[str, Path]) -> None:
    old, lib = Rpm("app"), Rpm("lib")
    url, reader = a_repo(tmp_path / "r", old, lib), Reader(tmp_path / "cache")
    new = built["app-2"]

    assert solved(reader, url, new) == {
        Package("app", "0", "2", "1", "noarch"): hashlib.sha256(new.read_bytes()).hexdigest(),
        lib.package: lib.checksum,
    }
    assert solved(reader, url) == {old.package: old.checksum}


def test_a_file_that_is_older_than_the_repos_changes_nothing(tmp_path: Path, built: dict[str, Path]) -> None:
    url, reader = a_repo(tmp_path / "r", Rpm("app", "3")), Reader(tmp_path / "cache")

    assert solved(reader, url, built["app-2"]) == solved(reader, url)


def test_an_exchanged_file_is_read_anew(tmp_path: Path, built: dict[str, Path]) -> None:
    url, reader = a_repo(tmp_path / "r", Rpm("lib")), Reader(tmp_path / "cache")
    rpm = tmp_path / "app.rpm"
    shutil.copy(built["app-2"], rpm)
    before = solved(reader, url, rpm)

    shutil.copy(built["app-3"], rpm)

    assert solved(reader, url, rpm).keys() != before.keys()


def test_the_order_in_which_files_are_named_means_nothing(tmp_path: Path, built: dict[str, Path]) -> None:
    url, reader = a_repo(tmp_path / "r"), Reader(tmp_path / "cache")
    files = [built["app-2"], built["lib-1"], built["app-1"]]

    assert solved(reader, url, *files) == solved(reader, url, *reversed(files), files[0])


@pytest.mark.parametrize("convert", [in_a_child, None])
def test_a_file_that_is_no_package_is_named(tmp_path: Path, convert: Any) -> None:
    url = a_repo(tmp_path / "r", Rpm("app"))
    reader = Reader(tmp_path / "cache", **({"convert": convert} if convert else {}))
    junk = tmp_path / "junk.rpm"
    junk.write_bytes(b"this is no package")

    for rpm in (junk, tmp_path / "missing.rpm", tmp_path):
        with pytest.raises(MalformedInput, match=f"{rpm.name} is no package"):
            solved(reader, url, rpm)

"""A small package index becomes repos, wish lists and updates that a real solver reads."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

import pytest
import solv

from bench.universe import updates, wishes
from bench.universe.distribution import ARCHES, Distribution
from bench.universe.index import NoPackageIndex, PackageIndex
from bench.universe.packages import Binary
from bench.universe.updates import Popularity, Push, Twist

ARCH = ARCHES[0]


def stanza(package: str, version: str = "1.0-1", arch: str = "amd64", **fields: str) -> str:
    fields = {"Package": package, "Version": version, "Architecture": arch, "Section": "misc", **fields}
    fields |= {"Size": "10", "SHA256": f"{len(package):064x}"}
    return "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in fields.items())


INDEX = "\n".join(
    (
        stanza("base-files", Priority="required", Depends="awk"),
        stanza("mawk", Provides="awk", Conflicts="awk"),
        stanza("shell", "1:5.2+b1-1~", Depends="libterm (= 1:5.2+b1-1~), fonts-x | fonts-y", Pre_Depends="base-files"),
        stanza("libterm", "1:5.2+b1-1~", Source="shell (1:5.2-1)", Recommends="fonts-y"),
        stanza("fonts-y", arch="all"),
        stanza("editor", Depends="shell (>= 1:5.0)"),
        stanza("editor", "0.9-1", Depends="does-not-count-it-is-older"),
        stanza("foreign", arch="i386"),
        stanza("broken", Depends="a (>> "),
        stanza("small", Depends="fonts-y"),
        "Package: nothing-else\n",
        "no colon at all\n",
    )
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Distribution]:
    """The distribution of the small index, with two wish lists."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wishes, "SMALLEST", 3)
        patch.setattr(wishes, "LARGEST", 6)
        yield Distribution.made_from(PackageIndex(INDEX), tmp_path_factory.mktemp("place"), lists=2)


def installed(urls: Iterable[str], *names: str) -> dict[str, str]:
    """What a solver installs from the repos for the names; empty when it cannot."""
    pool = solv.Pool()
    pool.setarch(ARCH)
    for url in urls:
        primary = next(Path(urlsplit(url).path).glob("repodata/*-primary.xml.gz"))
        assert pool.add_repo(url).add_rpmmd(solv.xfopen(str(primary)), None, 0)
    pool.createwhatprovides()
    jobs = [job for name in names for job in _jobs(pool, name)]
    solver = pool.Solver()
    solver.set_flag(solv.Solver.SOLVER_FLAG_IGNORE_RECOMMENDED, 1)
    if solver.solve(jobs):
        return {}
    return {each.name: f"{each.evr}.{each.arch}" for each in solver.transaction().newsolvables()}


def _jobs(pool: Any, name: str) -> list[Any]:
    how = solv.Selection.SELECTION_NAME | solv.Selection.SELECTION_PROVIDES
    return list(pool.select(name, how).jobs(solv.Job.SOLVER_INSTALL))


def built(made: Distribution, source: str, twist: Twist) -> tuple[Binary, ...]:
    """The packages of one update with a twist."""
    [(_, packages)] = made.played([Push(1, (source,), {source: twist})])
    return packages


def test_true_dependencies_survive_the_way_into_a_repo(made: Distribution) -> None:
    assert installed([made.repo(ARCH)], "editor") == {
        "editor": f"1.0-1.{ARCH}",
        "shell": f"1:5.2^b1-1~.{ARCH}",
        "libterm": f"1:5.2^b1-1~.{ARCH}",
        "fonts-y": "1.0-1.noarch",
        "base-files": f"1.0-1.{ARCH}",
        "mawk": f"1.0-1.{ARCH}",
    }


def test_every_arch_has_the_same_packages_under_its_own_name(made: Distribution) -> None:
    for arch in ARCHES:
        text = b"".join(path.read_bytes() for path in Path(urlsplit(made.repo(arch)).path).glob("repodata/*"))
        assert text
        assert {each.on(arch).arch for each in made.packages.values()} == {arch, "noarch"}


def test_what_cannot_be_translated_is_left_out_and_named(made: Distribution) -> None:
    assert sorted(made.packages) == ["base-files", "editor", "fonts-y", "libterm", "mawk", "shell", "small"]
    assert len(made.left_out) == 1
    assert made.left_out[0].startswith("'broken': not a dependency")


def test_wish_lists_can_be_installed_and_say_how_many_packages_they_bring(made: Distribution) -> None:
    assert [each.name for each in made.wishes] == ["tree-01", "tree-02"]
    for wish in made.wishes:
        assert "base-files" in wish.install
        assert len(installed([made.repo(ARCH)], *wish.install)) == wish.size
        assert wish.manifest.install == wish.install


def test_the_same_index_gives_the_same_bytes_and_is_not_made_twice(made: Distribution, tmp_path: Path) -> None:
    again = Distribution.made_from(PackageIndex(INDEX), made.folder.parent, lists=2)
    other = Distribution.made_from(PackageIndex(INDEX), tmp_path, lists=2)
    assert again.folder == made.folder
    assert other.folder.name == made.folder.name
    for file in made.folder.glob("*/repodata/*"):
        assert (other.folder / file.relative_to(made.folder)).read_bytes() == file.read_bytes()


def test_an_update_is_newer_and_its_packages_still_fit_together(made: Distribution) -> None:
    packages = updates.rebuilt(made.sources["shell"], 7)
    urls = [made.repo(ARCH), made.updates_repo(ARCH, packages)]
    found = installed(urls, "editor")
    assert found["shell"] == found["libterm"] == f"1:5.2^b1-1~.7.{ARCH}"


def test_a_new_dependency_comes_along(made: Distribution) -> None:
    urls = [made.repo(ARCH), made.updates_repo(ARCH, built(made, "shell", Twist.NEW_DEPENDENCY))]
    assert installed(urls, "editor").keys() - installed([made.repo(ARCH)], "editor").keys() == {"small"}


def test_a_renamed_package_takes_the_place_of_the_old_one(made: Distribution) -> None:
    urls = [made.repo(ARCH), made.updates_repo(ARCH, built(made, "shell", Twist.RENAMED))]
    found = installed(urls, "editor")
    assert "libterm-ng" in found
    assert "libterm" not in found


def test_a_virtual_name_moves_to_another_package(made: Distribution) -> None:
    urls = [made.repo(ARCH), made.updates_repo(ARCH, built(made, "mawk", Twist.PROVIDER_MOVED))]
    assert installed(urls, "base-files", "mawk")["mawk-compat"]


def test_an_uninstallable_update_leaves_the_old_one_in_place(made: Distribution) -> None:
    packages = built(made, "shell", Twist.UNINSTALLABLE)
    urls = [made.repo(ARCH), made.updates_repo(ARCH, packages)]
    assert installed([urls[1]], *(each.name for each in packages)) == {}
    assert installed(urls, "editor") == installed([made.repo(ARCH)], "editor")


def test_pushes_are_the_same_for_the_same_seed_and_bring_every_twist(made: Distribution) -> None:
    month = made.pushes(seed=1, days=22)
    assert month == made.pushes(seed=1, days=22)
    assert month != made.pushes(seed=2, days=22)
    assert {twist for push in month for twist in push.twists.values()} == set(Twist)


def test_what_is_updated_twice_gets_newer_twice(made: Distribution) -> None:
    pushes = [Push(2, ("small",), {}), Push(10, ("small",), {})]
    versions = [str(packages[0].evr) for _, packages in made.played(pushes)]
    assert versions == ["1.0-1.2", "1.0-1.2.10"]


def test_what_much_depends_on_is_drawn_more_often(made: Distribution) -> None:
    popularity = Popularity.of(made.sources)
    weights = {name: popularity.weight(packages) for name, packages in made.sources.items()}
    assert weights["fonts-y"] > weights["editor"]
    drawn = [updates.sample({"heavy": 9.0, "light": 1.0}, 1, Random(number))[0] for number in range(200)]
    assert drawn.count("heavy") > 150


def test_a_machine_without_an_index_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoPackageIndex, match="apt is not here"):
        PackageIndex.of_this_machine()

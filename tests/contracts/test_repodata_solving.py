"""What would be installed, and what is said when nothing can be?"""

from collections.abc import Sequence
from pathlib import Path

import pytest

from relengotron.errors import MalformedInput
from relengotron.model.contents import Manifest
from relengotron.model.package import Package
from tests.contracts.repodata_repos import Reader, Rpm, a_manifest, a_repo


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path / "cache")


def repos(place: Path, *contents: Sequence[Rpm]) -> tuple[str, ...]:
    return tuple(a_repo(place / f"repo{number}", *rpms) for number, rpms in enumerate(contents))


def test_what_is_wished_for_comes_with_what_it_needs_and_its_checksums(reader: Reader, tmp_path: Path) -> None:
    shell, lib = Rpm("bash", "4.3", "1.fc23", "x86_64", requires=("libc",)), Rpm("glibc", provides=("libc",))
    (url,) = repos(tmp_path, [shell, lib, Rpm("unrelated")])

    solution = reader.repodata.solve(reader.universe(url), a_manifest("bash"))

    assert solution.is_possible
    assert solution.packages == {each.package: each.checksum for each in (shell, lib)}
    assert solution.revisions == reader.repodata.revisions((url,))


def test_the_newest_version_of_all_repos_wins_in_rpms_order(reader: Reader, tmp_path: Path) -> None:
    urls = repos(tmp_path, [Rpm("bash", "10")], [Rpm("bash", "9"), Rpm("bash", "10~rc1")], [Rpm("zsh")])

    assert reader.installs(urls, "bash") == {"bash-10-1.noarch"}


def test_an_epoch_wins_over_every_version(reader: Reader, tmp_path: Path) -> None:
    urls = repos(tmp_path, [Rpm("bind", "99")], [Rpm("bind", "1", epoch="32")])

    assert reader.installs(urls, "bind") == {"bind-32:1-1.noarch"}


def test_an_update_that_needs_something_new_brings_it(reader: Reader, tmp_path: Path) -> None:
    old = repos(tmp_path / "old", [Rpm("app"), Rpm("lib")])
    new = repos(tmp_path / "new", [Rpm("app", "2", requires=("lib",)), Rpm("lib")])

    assert reader.installs(old, "app") == {"app-1-1.noarch"}
    assert reader.installs(new, "app") == {"app-2-1.noarch", "lib-1-1.noarch"}


def test_a_renamed_package_is_found_by_what_its_new_name_provides(reader: Reader, tmp_path: Path) -> None:
    url = repos(tmp_path, [Rpm("dnf-yum", "2", provides=("yum = 2",), obsoletes=("yum < 2",))])

    assert reader.installs(url, "yum") == {"dnf-yum-2-1.noarch"}


def test_an_obsoleted_package_that_is_still_there_gives_way_to_its_obsoleter(reader: Reader, tmp_path: Path) -> None:
    urls = repos(tmp_path, [Rpm("yum")], [Rpm("dnf-yum", obsoletes=("yum < 2",))])

    assert reader.installs(urls, "yum") == {"dnf-yum-1-1.noarch"}


def test_an_obsoleter_of_older_versions_does_not_take_the_place(reader: Reader, tmp_path: Path) -> None:
    urls = repos(tmp_path, [Rpm("yum", "3")], [Rpm("dnf-yum", obsoletes=("yum < 2",))])

    assert reader.installs(urls, "yum") == {"yum-3-1.noarch"}


def test_a_virtual_name_changes_its_provider_when_the_old_one_stops_providing_it(
    reader: Reader, tmp_path: Path
) -> None:
    old = repos(tmp_path / "old", [Rpm("mailer", requires=("mta",)), Rpm("exim", provides=("mta",)), Rpm("postfix")])
    new = repos(tmp_path / "new", [Rpm("mailer", requires=("mta",)), Rpm("exim"), Rpm("postfix", provides=("mta",))])

    assert reader.installs(old, "mailer") == {"mailer-1-1.noarch", "exim-1-1.noarch"}
    assert reader.installs(new, "mailer") == {"mailer-1-1.noarch", "postfix-1-1.noarch"}


def test_an_update_that_cannot_be_installed_leaves_the_version_before_it(reader: Reader, tmp_path: Path) -> None:
    urls = repos(tmp_path, [Rpm("app"), Rpm("tool", requires=("app",))], [Rpm("app", "2", requires=("nowhere",))])

    assert reader.installs(urls, "tool") == {"app-1-1.noarch", "tool-1-1.noarch"}


def test_an_update_that_cannot_be_installed_is_named_with_what_it_misses(reader: Reader, tmp_path: Path) -> None:
    urls = repos(tmp_path, [Rpm("app", "2", requires=("libnew >= 3",)), Rpm("libnew", "2")])

    assert reader.problems(urls, "app") == ("nothing provides libnew >= 3 needed by app-2-1.noarch",)


def test_every_problem_is_named_each_once_and_in_order(reader: Reader, tmp_path: Path) -> None:
    urls = repos(
        tmp_path,
        [Rpm("b", requires=("gone-b",)), Rpm("a", requires=("gone-a",)), Rpm("c", conflicts=("d",)), Rpm("d")],
    )

    assert reader.problems(urls, "d", "zz", "c", "b", "a", "a") == (
        "nothing provides gone-a needed by a-1-1.noarch",
        "nothing provides gone-b needed by b-1-1.noarch",
        "nothing provides zz, which the manifest wishes for",
        "package c-1-1.noarch conflicts with d provided by d-1-1.noarch",
    )


def test_a_chain_is_told_from_the_wish_to_what_is_missing(reader: Reader, tmp_path: Path) -> None:
    urls = repos(tmp_path, [Rpm("tree", requires=("app",)), Rpm("app", requires=("gone",))])

    assert reader.problems(urls, "tree") == (
        "nothing provides gone needed by app-1-1.noarch",
        "package tree-1-1.noarch requires app, but none of the providers can be installed",
    )


@pytest.mark.parametrize("wish", ["", " ", "no-such", "/opt/no-such", "*no*", "app-9-9.noarch", "app.ppc", "((", "\n"])
def test_a_wish_that_nothing_fulfils_is_a_problem_with_its_words(reader: Reader, tmp_path: Path, wish: str) -> None:
    urls = repos(tmp_path, [Rpm("app")])

    assert reader.problems(urls, "app", wish) == (f"nothing provides {wish}, which the manifest wishes for",)


@pytest.mark.parametrize(
    "wish",
    ["app", "app.noarch", "app-1-1.noarch", "app-0:1-1.noarch", "app = 1-1", "application", "/usr/bin/app", "ap*"],
)
def test_a_wish_is_a_name_or_a_full_name_or_something_provided(reader: Reader, tmp_path: Path, wish: str) -> None:
    urls = repos(tmp_path, [Rpm("app", provides=("application",), files=("/usr/bin/app",)), Rpm("other")])

    assert reader.installs(urls, wish) == {"app-1-1.noarch"}


def test_a_name_counts_more_than_somebody_who_provides_it(reader: Reader, tmp_path: Path) -> None:
    urls = repos(tmp_path, [Rpm("awk", "1"), Rpm("a-better-awk", "9", provides=("awk = 9",))])

    assert reader.installs(urls, "awk") == {"awk-1-1.noarch"}


def test_what_is_excluded_is_never_installed_and_another_provider_takes_its_place(
    reader: Reader, tmp_path: Path
) -> None:
    urls = repos(tmp_path, [Rpm("mailer", requires=("mta",)), *(Rpm(n, provides=("mta",)) for n in ("exim", "nail"))])

    assert reader.installs(urls, "mailer", exclude=("ex*", "no-such")) == {"mailer-1-1.noarch", "nail-1-1.noarch"}


def test_an_exclusion_that_leaves_nothing_is_named(reader: Reader, tmp_path: Path) -> None:
    urls = repos(tmp_path, [Rpm("mailer", requires=("mta",)), Rpm("exim", provides=("mta",))])

    assert reader.problems(urls, "mailer", exclude=("exim",)) == (
        "package mailer-1-1.noarch requires mta, but none of the providers can be installed"
        " (the manifest excludes exim-1-1.noarch)",
    )
    assert reader.problems(urls, "exim", exclude=("exim",)) == (
        "exim cannot be installed (the manifest excludes exim-1-1.noarch)",
    )


def test_recommended_packages_come_only_where_the_manifest_says_so(reader: Reader, tmp_path: Path) -> None:
    urls = repos(tmp_path, [Rpm("app", recommends=("docs",)), Rpm("docs")])

    assert reader.installs(urls, "app") == {"app-1-1.noarch"}
    assert reader.installs(urls, "app", recommends=True) == {"app-1-1.noarch", "docs-1-1.noarch"}
    assert reader.installs(urls, "app", recommends=True, exclude=["docs"]) == {"app-1-1.noarch"}


def test_a_needed_file_is_found_in_the_file_lists_when_the_list_of_packages_leaves_it_out(
    reader: Reader, tmp_path: Path
) -> None:
    urls = repos(tmp_path, [Rpm("font-user", requires=("/usr/share/fonts/x.ttf",)), Rpm("app")],
                 [Rpm("font", files=("/usr/share/fonts/x.ttf", "/usr/share/other"))])  # fmt: skip

    assert reader.installs(urls, "font-user") == {"font-1-1.noarch", "font-user-1-1.noarch"}
    assert reader.installs(urls, "/usr/share/other") == {"font-1-1.noarch"}


def test_a_repo_without_file_lists_says_which_file_is_missing(reader: Reader, tmp_path: Path) -> None:
    url = a_repo(tmp_path / "r", Rpm("user", requires=("/opt/x",)), Rpm("x", files=("/opt/x",)), with_files=False)

    assert reader.problems(url, "user") == ("nothing provides /opt/x needed by user-1-1.noarch",)


def test_two_of_one_name_are_told_apart_by_arch(reader: Reader, tmp_path: Path) -> None:
    urls = repos(tmp_path, [Rpm("lib", arch="i686"), Rpm("lib", arch="x86_64"), Rpm("lib", "9", arch="ppc64le")])

    assert reader.installs(urls, "lib") == {"lib-1-1.x86_64"}
    assert reader.installs(urls, "lib", arch="i386") == {"lib-1-1.i686"}
    assert reader.installs(urls, "lib", arch="ppc64le") == {"lib-9-1.ppc64le"}
    assert reader.problems(urls, "lib.ppc64le") == ("nothing provides lib.ppc64le, which the manifest wishes for",)


def test_arm_with_hard_floats_is_spoken_of_by_another_name(reader: Reader, tmp_path: Path) -> None:
    urls = repos(tmp_path, [Rpm("lib", arch="armv7hl")])

    assert reader.installs(urls, "lib", arch="armhfp") == {"lib-1-1.armv7hl"}


def test_the_newest_of_each_name_and_arch_is_what_this_arch_can_install(reader: Reader, tmp_path: Path) -> None:
    urls = repos(tmp_path, [Rpm("a", "2"), Rpm("a", "10"), Rpm("a", "3", arch="x86_64"), Rpm("a", "5", arch="src")],
                 [Rpm("b", arch="i686"), Rpm("b", arch="s390x"), Rpm("a", "9")])  # fmt: skip

    assert reader.repodata.newest(reader.universe(urls)) == {
        ("a", "noarch"): Package("a", "0", "10", "1", "noarch"),
        ("a", "x86_64"): Package("a", "0", "3", "1", "x86_64"),
        ("b", "i686"): Package("b", "0", "1", "1", "i686"),
    }


def test_an_empty_repo_has_nothing_and_is_no_problem(reader: Reader, tmp_path: Path) -> None:
    urls = repos(tmp_path, [], [Rpm("app")])

    assert reader.installs(urls, "app") == {"app-1-1.noarch"}
    assert reader.repodata.newest(reader.universe(urls[0])) == {}
    assert reader.problems(urls[0], "app") == ("nothing provides app, which the manifest wishes for",)


def test_a_manifest_that_installs_nothing_is_solved_by_nothing(reader: Reader, tmp_path: Path) -> None:
    assert reader.installs(repos(tmp_path, [Rpm("app")])) == set()


def test_a_manifest_without_names_is_not_solved(reader: Reader, tmp_path: Path) -> None:
    with pytest.raises(MalformedInput, match="without names to install"):
        reader.repodata.solve(reader.universe(repos(tmp_path, [])), Manifest("d", "tree.json"))


def test_a_version_without_a_release_is_malformed(reader: Reader, tmp_path: Path) -> None:
    with pytest.raises(MalformedInput, match="package app"):
        reader.installs(repos(tmp_path, [Rpm("app", release="")]), "app")

"""What is broken in real repos, and what would a change break there?"""

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import createrepo_c
import pytest
import solv
from hypothesis import given, settings
from hypothesis import strategies as st

from relengotron.errors import MalformedInput, SystemUnreachable
from relengotron.systems.repodata.converting import in_a_child
from relengotron.systems.repodata.headers import read_header
from relengotron.systems.repodata.port import Replacement, Universe
from tests.contracts.header_rpms import a_file, a_real_repo, content
from tests.contracts.repodata_repos import Reader, Rpm

LIBRARY = Rpm("libfoo", arch="x86_64", provides=("libfoo.so.1()(64bit)",), files=("/usr/lib64/libfoo.so.1",))
PROGRAM = Rpm("app", arch="x86_64", requires=("libfoo.so.1()(64bit)",), files=("/usr/bin/app",))
SIGNS = {"LT": 4, "GT": 1, "EQ": 2, "LE": 6, "GE": 3, None: 0}


class Repo:
    """A repo that createrepo_c made of RPM files, and a reader of it."""

    def __init__(self, place: Path, *rpms: Rpm, arch: str = "x86_64") -> None:
        self.place = place
        self.reader = Reader(place / "cache").repodata
        self.arch = arch
        self.show(*rpms)

    def show(self, *rpms: Rpm) -> None:
        """From now on the repo has these."""
        self.universe = Universe((a_real_repo(self.place / "repo", *rpms),), self.arch)

    def broken(self) -> list[str]:
        """Every break in a few words."""
        return [f"{each.package}: {each.requirement}" for each in self.reader.broken(self.universe)]

    def breaks(self, *rpms: Rpm, before: Sequence[Replacement] = (), without: Sequence[str] = ()) -> list[str]:
        """What a change breaks, in a few words."""
        change = self.replaced(*rpms, without=without)
        return [f"{each.package}: {each.requirement}" for each in self.reader.breaks(self.universe, before, change)]

    def replaced(self, *rpms: Rpm, without: Sequence[str] = ()) -> Replacement:
        folder = self.place / f"files{random.random()}"  # each change has files of its own
        sources = frozenset({*(each.source or each.name for each in rpms), *without})
        return Replacement(tuple(a_file(folder, each) for each in rpms), sources)


def test_a_header_says_what_createrepo_c_reads_from_the_same_file(tmp_path: Path) -> None:
    rpm = Rpm(
        "libfoo",
        "2.5",
        "3.fc26",
        "x86_64",
        epoch="1",
        requires=("glibc >= 2.24", "(a if b)", "/usr/bin/sh", "rpmlib(FileDigests) <= 4.6.0-1", "c = 2:1-1"),
        provides=("libfoo.so.1()(64bit)", "foo-api = 5"),
        files=("/usr/bin/foo", "/usr/share/foo/x", "/usr/share/foo/y"),
        source="foo",
    )
    file = a_file(tmp_path, rpm)
    ours, theirs = read_header(file), createrepo_c.package_from_rpm(str(file), createrepo_c.SHA256, "x")

    assert (ours.name, ours.evr, ours.arch) == (
        theirs.name,
        f"{theirs.epoch}:{theirs.version}-{theirs.release}",
        "x86_64",
    )
    assert f"{ours.source}-2.5-3.fc26.src.rpm" == theirs.rpm_sourcerpm
    for found, wanted in ((ours.provides, theirs.provides), (ours.requires, theirs.requires)):
        assert {(each.name, each.signs) for each in found} == {(row[0], SIGNS[row[1]]) for row in wanted}
    assert list(ours.paths) == sorted(map(hash, rpm.files))


@pytest.mark.parametrize(
    ("requires", "is_broken"),
    [
        ("libfoo", False),
        ("libfoo >= 1", False),
        ("libfoo >= 1:0", True),
        ("libfoo < 1", True),
        ("libfoo = 1-1", False),
        ("libfoo = 1-2", True),
        ("/usr/bin/tool", False),
        ("/usr/share/data", False),
        ("/usr/share/nothing", True),
        ("rpmlib(FileDigests)", False),
        ("(libfoo or nothing)", False),
        ("(libfoo and nothing)", True),
        ("(libfoo and tool)", False),
        ("(nothing if libfoo)", True),
        ("(nothing if nobody)", False),
        ("(nothing if nobody else libfoo)", False),
        ("(nothing if nobody else nowhere)", True),
        ("(libfoo unless tool)", False),
        ("(api with api = 2)", False),
        ("(api with libfoo)", True),
        ("(api without api = 2)", True),
        ("((nothing or libfoo) and (tool or nobody))", False),
        ("((nothing and libfoo) or (tool if libfoo))", False),
        ("(/usr/share/data if /usr/bin/tool)", False),
        ("(python3dist(x) >= 1 or libfoo)", False),
    ],
)
def test_each_kind_of_requirement_is_understood(tmp_path: Path, requires: str, is_broken: bool) -> None:
    tool = Rpm("tool", files=("/usr/bin/tool", "/usr/share/data"), provides=("api = 2",))
    asks = Rpm("asks", requires=(requires,))
    repo = Repo(tmp_path, LIBRARY, tool, asks)

    assert repo.broken() == ([f"asks-1-1.noarch: {requires}"] if is_broken else [])
    assert Repo(tmp_path / "other", LIBRARY, tool).breaks(asks) == repo.broken()


@given(st.lists(st.builds(Rpm, st.sampled_from("abcd"), st.sampled_from("12"), requires=st.lists(
    st.sampled_from(["a", "b >= 2", "c = 1-1", "d < 2", "v", "w = 1"]), max_size=3, unique=True).map(tuple),
    provides=st.lists(st.sampled_from(["v", "w = 1", "w = 2"]), max_size=1).map(tuple),
), max_size=6, unique_by=lambda rpm: rpm.name))  # fmt: skip
@settings(max_examples=30, deadline=None)
def test_the_solver_finds_nothing_provided_exactly_where_we_do(
    tmp_path_factory: pytest.TempPathFactory, rpms: list[Rpm]
) -> None:
    place = tmp_path_factory.mktemp("solver")
    repo = Repo(place, *rpms)
    pool = solv.Pool()
    pool.setdisttype(solv.Pool.DISTTYPE_RPM)
    pool.setarch("x86_64")
    pool.add_repo("r").add_rpmmd(solv.xfopen(str(place / "repo/repodata/primary.xml")), None, 0)
    pool.addfileprovides()
    pool.createwhatprovides()
    said = set()
    for each in list(pool.solvables_iter()):
        solver = pool.Solver()
        for problem in solver.solve([pool.Job(solv.Job.SOLVER_INSTALL | solv.Job.SOLVER_SOLVABLE, each.id)]):
            for info in (info for rule in problem.findallproblemrules() for info in rule.allinfos()):
                if info.type == solv.Solver.SOLVER_RULE_PKG_NOTHING_PROVIDES_DEP:
                    said.add(f"{info.solvable}: {info.dep}")

    # The solver stops at the first of several reasons of one package.
    ours = repo.broken()
    assert said <= set(ours)
    assert {each.partition(":")[0] for each in said} >= _those_that_are_broken_themselves(ours, rpms)


def _those_that_are_broken_themselves(ours: list[str], rpms: list[Rpm]) -> set[str]:
    return {each.partition(":")[0] for each in ours}


def test_a_new_soname_breaks_who_needs_the_old_one_and_a_rebuild_mends_it(tmp_path: Path) -> None:
    repo = Repo(tmp_path, LIBRARY, PROGRAM)
    newer = Rpm("libfoo", "2", arch="x86_64", provides=("libfoo.so.2()(64bit)",))
    rebuilt = Rpm("app", "2", arch="x86_64", requires=("libfoo.so.2()(64bit)",))

    assert repo.breaks(newer) == ["app-1-1.x86_64: libfoo.so.1()(64bit)"]
    assert repo.breaks(rebuilt) == ["app-2-1.x86_64: libfoo.so.2()(64bit)"]
    assert repo.breaks(newer, rebuilt) == []
    assert repo.breaks(rebuilt, before=[repo.replaced(newer)]) == []


def test_what_comes_can_meet_a_condition_that_asks_for_what_is_not_there(tmp_path: Path) -> None:
    repo = Repo(tmp_path, Rpm("app", requires=("(plugin if desktop)",)))

    assert repo.breaks(Rpm("desktop")) == ["app-1-1.noarch: (plugin if desktop)"]
    assert repo.breaks(Rpm("desktop"), Rpm("plugin")) == []


def test_a_package_that_moves_to_another_source_is_missed_by_nobody(tmp_path: Path) -> None:
    repo = Repo(tmp_path, Rpm("tool", source="old"), Rpm("app", requires=("tool",)))

    assert repo.breaks(without=["old"]) == ["app-1-1.noarch: tool"]
    assert repo.breaks(Rpm("tool", "2", source="new"), without=["old"]) == []


def test_what_was_broken_before_is_nobodys_fault(tmp_path: Path) -> None:
    repo = Repo(tmp_path, LIBRARY, Rpm("app", requires=("nothing",)))

    assert repo.breaks(Rpm("libfoo", "2", arch="x86_64")) == []


def test_a_file_that_only_the_lists_of_all_files_know_is_found_when_it_is_asked_for(tmp_path: Path) -> None:
    repo = Repo(tmp_path, Rpm("data", files=("/usr/share/words",)))
    asks = Rpm("app", requires=("/usr/share/words",))

    assert repo.breaks(asks) == []
    assert repo.breaks(Rpm("data", "2"), before=[repo.replaced(asks)]) == ["app-1-1.noarch: /usr/share/words"]
    moved = repo.replaced(Rpm("data", "2"), Rpm("words", source="data", files=("/usr/share/words",)))
    assert repo.breaks(asks, before=[moved]) == []


def test_a_package_of_a_second_arch_is_checked_only_where_the_repo_has_it(tmp_path: Path) -> None:
    narrow = Rpm("libfoo", arch="i686", provides=("libfoo.so.1",))
    repo = Repo(tmp_path, LIBRARY, narrow, Rpm("wine", arch="i686", requires=("libfoo.so.1",)))

    newer = [Rpm("libfoo", "2", arch=arch, requires=("libc-of-nowhere",)) for arch in ("x86_64", "i686")]
    news = Rpm("libfoo-new", "2", arch="i686", source="libfoo", requires=("libnew-of-nowhere",))
    unknown = [Rpm("other", arch=arch, requires=("nothing-narrow",)) for arch in ("i686",)]

    assert repo.breaks(*newer, news, *unknown) == [
        "libfoo-2-1.i686: libc-of-nowhere",
        "libfoo-2-1.x86_64: libc-of-nowhere",
        "wine-1-1.i686: libfoo.so.1",
    ]


def test_packages_of_other_arches_make_no_difference(tmp_path: Path) -> None:
    repo = Repo(tmp_path, LIBRARY, PROGRAM)

    assert repo.breaks(LIBRARY, Rpm("libfoo", "2", arch="aarch64", requires=("nothing",))) == []


def test_what_is_left_out_of_a_universe_is_not_there_for_a_change_either(tmp_path: Path) -> None:
    repo = Repo(tmp_path, LIBRARY, Rpm("data"))
    left_out = Universe(repo.universe.urls, "x86_64", without=((repo.universe.urls[0], "libfoo"),))

    (found,) = repo.reader.breaks(left_out, [], repo.replaced(PROGRAM))

    assert found.requirement == "libfoo.so.1()(64bit)"


def test_a_repo_of_a_narrow_arch_checks_its_own(tmp_path: Path) -> None:
    repo = Repo(tmp_path, arch="i386")

    assert repo.breaks(Rpm("app", arch="i686", requires=("nothing",))) == ["app-1-1.i686: nothing"]


def test_a_new_revision_is_noticed(tmp_path: Path) -> None:
    repo = Repo(tmp_path, LIBRARY, PROGRAM)
    assert repo.breaks(without=["libfoo"]) != []

    repo.show(LIBRARY)

    assert repo.breaks(without=["libfoo"]) == []
    assert repo.broken() == []


def test_many_threads_get_the_same_answers_as_one(tmp_path: Path) -> None:
    repo = Repo(tmp_path, LIBRARY, PROGRAM, Rpm("data"))
    asked = [repo.replaced(Rpm("libfoo", "2", arch="x86_64")), repo.replaced(Rpm("data", "2")), repo.replaced(PROGRAM)]
    questions = [(before, change) for before in asked for change in asked] * 5
    alone = [repo.reader.breaks(repo.universe, [before], change) for before, change in questions]

    with ThreadPoolExecutor(4) as threads:
        together = threads.map(lambda each: repo.reader.breaks(repo.universe, [each[0]], each[1]), questions)

    assert list(together) == alone


def test_metadata_are_read_in_a_process_of_their_own_too(tmp_path: Path) -> None:
    universe = Universe((a_real_repo(tmp_path / "repo", PROGRAM),), "x86_64")

    (found,) = Reader(tmp_path / "cache", convert=in_a_child).repodata.broken(universe)

    assert str(found) == "app-1-1.x86_64 requires libfoo.so.1()(64bit), which nothing provides (x86_64)"


def test_it_is_told_when_the_oldest_repo_was_made(tmp_path: Path) -> None:
    repo = Repo(tmp_path, LIBRARY)
    made = (tmp_path / "repo/repodata/primary.xml").stat().st_mtime

    assert repo.reader.made_at(repo.universe.urls).timestamp() == pytest.approx(made, abs=1)


def test_who_provides_what_is_missing_is_known_by_build(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    rpms = {
        "libfoo-2-1": [a_file(tmp_path / "a", Rpm("libfoo", "2", provides=("api = 5",), files=("/usr/share/x",)))],
        "other-1-1": [a_file(tmp_path / "b", Rpm("other"))],
    }
    asked = ["api >= 4", "api < 4", "/usr/share/x", "(other and api)", "nothing"]

    assert repo.reader.offers(rpms, asked) == {
        "api >= 4": {"libfoo-2-1"},
        "api < 4": set(),
        "/usr/share/x": {"libfoo-2-1"},
        "(other and api)": {"libfoo-2-1", "other-1-1"},
        "nothing": set(),
    }


def test_a_name_of_a_file_that_is_not_unicode_harms_nobody(tmp_path: Path) -> None:
    repo = Repo(tmp_path, LIBRARY)
    file = a_file(tmp_path / "x", Rpm("app", requires=("libfoo",), files=("/usr/share/caf_",)))
    file.write_bytes(file.read_bytes().replace(b"caf_", b"caf\xe9"))

    assert repo.reader.breaks(repo.universe, [], Replacement((file,), frozenset({"app"}))) == ()


def test_a_file_that_is_away_is_not_a_bad_one(tmp_path: Path) -> None:
    repo = Repo(tmp_path, LIBRARY)
    away = Replacement((tmp_path / "libfoo-2-1.x86_64.rpm",), frozenset({"libfoo"}))

    with pytest.raises(SystemUnreachable, match="cannot be read"):
        repo.reader.breaks(repo.universe, [], away)


def test_a_build_cannot_take_the_place_of_a_source_it_is_not_from(tmp_path: Path) -> None:
    repo = Repo(tmp_path, LIBRARY)
    file = a_file(tmp_path / "x", Rpm("evil", source="glibc"))

    with pytest.raises(MalformedInput, match="made from glibc, and was said to be from evil"):
        repo.reader.breaks(repo.universe, [], Replacement((file,), frozenset({"evil"})))


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_a_package_or_malformed(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    good = bytearray(content(Rpm("a", requires=("b >= 1", "(c or d)"), files=("/usr/bin/x", "/etc/y"))))
    for _ in range(data.draw(st.integers(1, 8))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    file = tmp_path_factory.mktemp("bytes") / "a.rpm"
    file.write_bytes(bytes(good[: data.draw(st.integers(0, len(good)))]))

    try:
        found = read_header(file)
    except MalformedInput:
        return
    assert found.name
    assert found.source


@pytest.mark.parametrize("odd", ["(a and", "(a nor b)", "()", "(a and b", "(" * 99_999, "(a or " * 40 + "b" + ")" * 40])
def test_a_requirement_that_cannot_be_read_is_malformed(tmp_path: Path, odd: str) -> None:
    repo = Repo(tmp_path, LIBRARY)

    with pytest.raises(MalformedInput):
        repo.breaks(Rpm("app", requires=(odd,)))


def test_a_requirement_of_very_many_names_is_left_to_the_library(tmp_path: Path) -> None:
    repo = Repo(tmp_path, LIBRARY)
    many = f"({' or '.join(f'name{number}' for number in range(300))})"

    assert repo.breaks(Rpm("app", requires=(many,))) == [f"app-1-1.noarch: {many}"]
    assert repo.breaks(Rpm("app", requires=(f"(libfoo or {many[1:]}",))) == []

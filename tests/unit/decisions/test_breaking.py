"""What do people read of something that would break, and who is to blame for it?"""

from relengotron.decisions.breaking import package_by_package, suspicions, to_blame
from relengotron.model.closure import Break

APP = Break("app-1-1.x86_64", "app", "libfoo.so.1", "x86_64", False)
TOOL = Break("tool-1-1.x86_64", "tools", "libfoo.so.1", "x86_64", False)
NEW = Break("bar-2-1.x86_64", "bar", "libnew.so.1", "x86_64", True)
PACKAGES = {"libfoo-2-1": "libfoo", "bar-2-1": "bar"}


def test_each_package_is_one_line_whatever_it_lacks_and_wherever() -> None:
    more = Break("app-1-1.x86_64", "app", "libfoo(api)", "x86_64", False)
    elsewhere = Break("app-1-1.noarch", "app", "libfoo.so.1", "aarch64", False)

    assert [str(each) for each in package_by_package([elsewhere, more, APP, NEW])] == [
        "app-1-1.noarch requires libfoo.so.1, which nothing would provide any more (aarch64)",
        "app-1-1.x86_64 requires libfoo(api), libfoo.so.1, which nothing would provide any more (x86_64)",
        "bar-2-1.x86_64 requires libnew.so.1, which nothing provides (x86_64)",
    ]


def test_of_many_requirements_a_few_are_named() -> None:
    many = [Break("app-1-1.x86_64", "app", f"lib{number}", "x86_64", False) for number in range(8)]

    (line,) = package_by_package(many)

    assert "lib0, lib1, lib2, lib3, lib4 and 3 more, which" in str(line)


def test_a_package_that_comes_is_the_matter_of_its_build() -> None:
    assert to_blame([NEW], PACKAGES, lambda _: [NEW]) == {"bar-2-1": (NEW,)}


def test_who_took_it_away_is_who_breaks_nothing_when_left_out() -> None:
    def without(nvr: str) -> list[Break]:
        return [] if nvr == "libfoo-2-1" else [APP, TOOL]

    assert to_blame([APP, TOOL], PACKAGES, without) == {"libfoo-2-1": (APP, TOOL)}


def test_where_it_takes_none_alone_all_are_to_blame() -> None:
    assert to_blame([APP], PACKAGES, lambda _: [APP]) == {"libfoo-2-1": (APP,), "bar-2-1": (APP,)}


def test_each_of_two_that_are_needed_for_the_break_is_to_blame() -> None:
    assert to_blame([APP], PACKAGES, lambda _: []) == {"libfoo-2-1": (APP,), "bar-2-1": (APP,)}


def test_a_suspicion_says_what_breaks_and_how_much_more() -> None:
    (found,) = suspicions({"libfoo-2-1": [APP, TOOL]}, most=1)

    assert found.nvr == "libfoo-2-1"
    assert found.reason.startswith("it would break the target; app-1-1.x86_64 requires libfoo.so.1")
    assert found.reason.endswith("; and 1 packages more")

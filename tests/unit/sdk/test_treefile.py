"""What does a treefile say once every include is in its place?"""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relengotron.errors import MalformedInput, RequestRefused
from relengotron.sdk.treefile import Flattened, Read, flatten


def reader(files: Mapping[str, object]) -> Read:
    """Files by path; what is no text is written as JSON."""

    def read(path: str) -> bytes:
        if path not in files:
            raise RequestRefused(f"no file {path}")
        found = files[path]
        return found if isinstance(found, bytes) else json.dumps(found).encode()

    return read


def flat(files: Mapping[str, object], inline: Mapping[str, Any] | None = None, arch: str = "x86_64") -> Flattened:
    return flatten(inline or {}, arch=arch, version="24", file="host.json", read=reader(files))


BASE = {"packages": ["kernel", "bash"], "recommends": False, "units": ["sshd.service"]}


def test_lists_are_joined_and_of_single_values_the_including_one_stands() -> None:
    host = {"include": "base.json", "packages": ["docker"], "recommends": True, "units": ["docker.service"]}
    tree = flat({"host.json": host, "base.json": {**BASE, "documentation": False}})
    assert tree.content["packages"] == ["bash", "docker", "kernel"]
    assert tree.content["recommends"] is True
    assert tree.content["documentation"] is False
    assert tree.content["units"] == ["sshd.service", "docker.service"]
    assert "include" not in tree.content


def test_the_configuration_s_own_treefile_comes_on_top() -> None:
    tree = flat({"host.json": BASE}, {"packages": ["vim"], "exclude-packages": ["plymouth"]})
    assert tree.manifest("here").install == ("bash", "kernel", "vim")
    assert tree.manifest("here").exclude == ("plymouth",)


def test_of_two_includes_the_first_one_s_values_stand() -> None:
    files = {"host.json": {"include": ["a.json", "b.json"]}, "a.json": {"selinux": True}, "b.json": {"selinux": False}}
    assert flat(files).content["selinux"] is True


def test_an_include_is_looked_for_beside_the_file_that_names_it() -> None:
    files = {"host.json": {"include": "parts/x.yaml"}, "parts/x.yaml": b"include: ../base.json", "base.json": BASE}
    assert flat(files).content["packages"] == ["bash", "kernel"]


def test_only_this_arch_counts() -> None:
    files = {
        "host.json": {
            **BASE,
            "packages-x86_64": ["grub2"],
            "packages-aarch64": ["shim"],
            "arch-include": {"x86_64": "x86.json", "ppc64le": ["nowhere.json"]},
        },
        "x86.json": {"packages": ["microcode"]},
    }
    assert flat(files).content["packages"] == ["bash", "grub2", "kernel", "microcode"]
    other = flat({"host.json": {**BASE, "packages-aarch64": ["shim"], "packages-x86_64": ["other"]}}, arch="aarch64")
    assert other.content["packages"] == ["bash", "kernel", "shim"]


def test_variables_are_filled_in_except_in_scripts() -> None:
    host = {
        "variables": {"stream": "testing", "basearch": "not this"},
        "packages": ["release-${stream}", "kernel-${basearch}", "fedora-${releasever}", "${unknown}"],
        "postprocess": ["echo ${basearch}"],
    }
    tree = flat({"host.json": host})
    assert tree.content["packages"] == ["${unknown}", "fedora-24", "kernel-x86_64", "release-testing"]
    assert tree.content["postprocess"] == ["echo ${basearch}"]


def test_one_entry_may_hold_several_names_and_old_keys_count_too() -> None:
    host = {
        "packages": ["bash vim", "'kernel >= 4.5'"],
        "bootstrap_packages": ["filesystem"],
        "repo-packages": [{"repo": "updates", "packages": ["docker"]}],
    }
    tree = flat({"host.json": host})
    assert tree.manifest("x").install == ("bash", "docker", "filesystem", "kernel >= 4.5", "vim")


def test_recommended_packages_are_wished_for_unless_it_says_otherwise() -> None:
    assert flat({"host.json": {}}).manifest("x").recommends
    assert not flat({"host.json": BASE}).manifest("x").recommends
    with pytest.raises(MalformedInput, match="neither true nor false"):
        flat({"host.json": {"recommends": "no"}}).manifest("x")


@pytest.mark.parametrize(
    "edited",
    [
        {"packages": ["bash", "kernel"], "units": ["sshd.service"], "recommends": False},
        {**BASE, "comment": "people wanted it", "comment-kernel": ["yes"]},
        {**BASE, "ref": "another/ref", "repos": ["repo-1"], "metadata": {"a": "b"}, "automatic-version-prefix": "25"},
        {**BASE, "packages-aarch64": ["shim"]},
        {**BASE, "variables": {"unused": "x"}},
        {"include": "base.json"},
    ],
)
def test_what_changes_no_file_of_the_tree_changes_no_digest(edited: Mapping[str, Any]) -> None:
    assert flat({"host.json": edited, "base.json": BASE}).digest == flat({"host.json": BASE}).digest


@pytest.mark.parametrize(
    "edited",
    [
        {**BASE, "packages": ["bash"]},
        {**BASE, "exclude-packages": ["plymouth"]},
        {**BASE, "recommends": True},
        {**BASE, "units": []},
        {**BASE, "postprocess": ["true"]},
        {**BASE, "a-key-of-next-year": 1},
    ],
)
def test_what_may_change_a_file_of_the_tree_changes_the_digest(edited: Mapping[str, Any]) -> None:
    assert flat({"host.json": edited}).digest != flat({"host.json": BASE}).digest


def test_the_files_that_it_names_count_and_go_along(tmp_path: Path) -> None:
    host = {
        "postprocess-script": "post.sh",
        "add-files": [["motd", "/etc/motd"]],
        "check-passwd": {"type": "file", "filename": "passwd"},
        "check-groups": {"type": "previous"},
    }
    files: dict[str, object] = {"host.json": {"include": "in/base.json"}, "in/base.json": host}
    files |= {f"in/{name}": f"the {name}".encode() for name in ("post.sh", "motd", "passwd")}
    tree = flat(files)
    edited = flat({**files, "in/motd": b"another greeting"})
    assert edited.digest != tree.digest
    assert edited.content == tree.content

    tree.write(tmp_path / "treefile.json", {"ref": "a/ref"})
    written = json.loads((tmp_path / "treefile.json").read_text())
    assert written["ref"] == "a/ref"
    named = [written["postprocess-script"], written["add-files"][0][0], written["check-passwd"]["filename"]]
    assert [(tmp_path / name).read_text() for name in named] == ["the post.sh", "the motd", "the passwd"]
    assert all((tmp_path / name).stat().st_mode & 0o100 for name in named)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "host.json: no file"),
        ({"host.json": b"{"}, "host.json cannot be read"),
        ({"host.json": b"\xff"}, "host.json cannot be read"),
        ({"host.json": ["a"]}, "host.json is not a mapping"),
        ({"host.json": {"include": "gone.json"}}, "gone.json, which host.json names"),
        ({"host.json": {"include": "host.json"}}, "in a circle: host.json → host.json"),
        ({"host.json": {"include": "b.json"}, "b.json": {"include": "host.json"}}, "host.json → b.json → host.json"),
        ({"host.json": {"include": "../etc/passwd"}}, "leads out"),
        ({"host.json": {"include": "/etc/passwd"}}, "leads out"),
        ({"host.json": {"include": 5}}, "not a list of texts"),
        ({"host.json": {"packages": "bash"}}, "packages is not a list"),
        ({"host.json": {"packages": ["'open"]}}, "open quote"),
        ({"host.json": {"arch-include": ["x"]}}, "arch-include"),
        ({"host.json": {"variables": ["x"]}}, "variables is not a mapping"),
        ({"host.json": {"add-files": ["motd"]}}, "not a list of pairs"),
        ({"host.json": {"postprocess-script": ["x"]}}, "no text"),
        ({"host.json": {"conditional-include": []}}, "not understood here"),
        ({"host.json": {"include": "y.yaml"}, "y.yaml": b"1: [bash]"}, "not a text"),
        ({"host.json": {"include": "y.yaml"}, "y.yaml": b"a: &a [*a]"}, "larger or deeper"),
        ({"host.json": {"include": "y.yaml"}, "y.yaml": b"a: 2016-11-01"}, "JSON does not know"),
    ],
)
def test_what_is_no_treefile_is_refused_in_words(files: Mapping[str, object], words: str) -> None:
    with pytest.raises(MalformedInput, match=words):
        flat(files)


def test_a_bomb_of_aliases_is_not_unfolded() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    with pytest.raises(MalformedInput, match="larger or deeper"):
        flat({"host.json": {"include": "bomb.yaml"}, "bomb.yaml": "\n".join(lines).encode()})


def test_a_fan_of_includes_ends() -> None:
    files: dict[str, object] = {f"{n}.json": {"include": [f"{n + 1}.json"] * 9} for n in range(9)}
    with pytest.raises(MalformedInput, match="more than 100 files"):
        flat({"host.json": {"include": "0.json"}, **files, "9.json": {}})


def test_without_a_repo_only_what_stands_in_the_configuration_counts() -> None:
    tree = flatten({"packages": ["bash"]}, arch="x86_64", version="24")
    assert tree.manifest("config/artifacts").install == ("bash",)
    with pytest.raises(MalformedInput, match="no manifest in git"):
        flatten({"include": "base.json"}, arch="x86_64", version="24")


KEYS = ["packages", "include", "variables", "add-files", "check-passwd", "repo-packages", "units", "x"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=5))
def test_anything_is_a_treefile_or_malformed(content: dict[str, Any]) -> None:
    with suppress(MalformedInput):
        assert flat({"host.json": content}).manifest("x").digest


def test_a_small_file_that_says_one_long_text_very_often_is_refused_before_it_fills_the_memory() -> None:
    long, often = "x" * 200_000, ", ".join(["*long"] * 50_000)
    aliases = f"long: &long {long}\nunits: [{often}]\n".encode()
    variables = {"variables": {"long": long}, "units": ["${long}" * 50_000]}
    for bomb in ({"host.json": {"include": "x.yaml"}, "x.yaml": aliases}, {"host.json": variables}):
        with pytest.raises(MalformedInput):
            flat(bomb)


def test_variables_of_a_length_that_people_write_are_filled_in_as_often_as_they_stand() -> None:
    tree = flat({"host.json": {"variables": {"stream": "stable"}, "units": ["${stream}.service"] * 50}})
    assert tree.content["units"] == ["stable.service"] * 50

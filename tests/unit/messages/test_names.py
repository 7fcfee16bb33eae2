import pytest

from relengotron.messages import names

HOSTILE = (
    "",
    ".",
    "..",
    "../../etc/passwd",
    "/etc/passwd",
    "-rf",
    "a\x00b",
    "a\nb",
    "a b",
    "a;b",
    "$(id)",
    "a'b",
    "a\u202eb",
    "a" * 300,
    "bash-4.3-1\n",
    "..-1-1",
    "bäsh-1-1",
)
CHECKS = (
    names.is_nvr,
    names.is_package,
    names.is_version,
    names.is_tag,
    names.is_release,
    names.is_method,
    names.is_sigkey,
    names.is_alias,
    names.is_identifier,
    names.is_pushed_title,
)


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_hostile_text_is_no_name_of_anything(text: str) -> None:
    accepted = [check.__name__ for check in CHECKS if check(text) and not (check is names.is_version and text == ".")]
    assert accepted == []


@pytest.mark.parametrize(
    "text",
    [
        "bash-4.3.42-1.fc24",
        "MySQL-python-1.3.6-3.fc22",
        "linux-firmware-20150521-53.git3161bfa4.fc22",
        "ivtv-firmware-20080701-28",
        "nodejs-12-2920190525130817.6c81f848",
        "libstdc++-5.3.1-2.fc24",
        "rust-1.9~beta^20160501-1.fc24",
        "golang-github-bugsnag-panicwrap-0-0.1.gite5f9854.el6",
    ],
)
def test_real_builds_are_nvrs(text: str) -> None:
    assert names.is_nvr(text)


@pytest.mark.parametrize(
    "text", ["FEDORA-2016-02cd019281", "FEDORA-EPEL-2015-0238", "FEDORA-EPEL-NEXT-2022-1a2b3c4d5e", "FEDORA-2012-15584"]
)
def test_real_updates_have_aliases(text: str) -> None:
    assert names.is_alias(text)


@pytest.mark.parametrize("text", ["f24-updates-testing", "dist-6E-epel-testing", "epel7-testing", "test_repo", "f24"])
def test_real_tags_are_tags(text: str) -> None:
    assert names.is_tag(text)


@pytest.mark.parametrize("text", ["F24", "F30M", "EPEL-7", "EL-6", "ELN"])
def test_real_releases_are_releases(text: str) -> None:
    assert names.is_release(text)


@pytest.mark.parametrize("text", ["Fedora-24-20160601.n.0", "rpms/bash:f24", "FEDORA-2016-02cd019281"])
def test_real_items_are_items(text: str) -> None:
    assert names.is_item(text)


@pytest.mark.parametrize("text", ["../x", "a/../b", "/abs", "-option", "a\tb"])
def test_an_item_is_no_way_out_and_no_option(text: str) -> None:
    assert not names.is_item(text)

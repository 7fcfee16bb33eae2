"""What do we say to rsync, and how do we read what it says?"""

from pathlib import Path

import pytest

from relengotron.errors import RequestRefused, StateDisagrees, SystemUnreachable
from relengotron.systems.mirror.client.remote import Remote
from relengotron.systems.mirror.client.rsync_troubles import trouble_of

IO = "rsync error: error in file IO (code 11) at receiver.c(657)"


@pytest.mark.parametrize(
    ("status", "said", "words"),
    [
        (10, "failed to connect to ams (192.0.2.1): Connection refused (111)", "it does not answer"),
        (12, "connection unexpectedly closed", "it does not answer"),
        (30, "[sender] io timeout after 60 seconds -- exiting", "it does not answer"),
        (35, "timeout waiting for daemon connection", "it does not answer"),
        (255, "ssh: connect to host ams port 22: No route to host", "it does not answer"),
        (255, "Host key verification failed.", "its host key is not the one we know"),
        (255, "releng@ams: Permission denied (publickey).", "we cannot log in there"),
        (5, "@ERROR: auth failed on module pub", "we cannot log in there"),
        (5, "@ERROR: Unknown module 'pub'", "does not let us in"),
        (5, "@ERROR: max connections (4) reached -- try again later", "does not let us in"),
        (1, "ERROR: module is read only", "its module is read-only"),
        (11, f'write failed on "a.rpm": No space left on device (28)\n{IO}', "its file system is full: make room"),
        (11, f'write failed on "a.rpm": Disk quota exceeded (122)\n{IO}', "the quota there is used up"),
        (23, 'mkstemp ".a.rpm" failed: Read-only file system (30)', "read-only: mount it writable"),
        (23, 'recv_generator: mkdir "u" failed: Permission denied (13)', "we may not write there"),
        (23, "some files/attrs were not transferred", "rsync ended with status 23"),
        (20, "received SIGINT", "rsync ended with status 20"),
        (-9, "", "rsync ended with status -9 (it said nothing)"),
    ],
)
def test_every_trouble_there_is_waited_for_and_told_in_words(status: int, said: str, words: str) -> None:
    trouble = trouble_of(status, said)
    assert isinstance(trouble, SystemUnreachable)
    assert words in str(trouble)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (24, 'file has vanished: "/srv/pub/a.rpm"'),
        (23, 'rsync: [sender] link_stat "/srv/pub/a.rpm" failed: No such file or directory (2)'),
        (0, 'skipping non-regular file "x86_64/a.rpm"'),
    ],
)
def test_a_file_that_changed_here_is_looked_at_again(status: int, said: str) -> None:
    assert isinstance(trouble_of(status, said), StateDisagrees)


def test_nothing_to_say_is_no_trouble() -> None:
    assert trouble_of(0, "") is None


def test_words_of_the_other_side_stay_one_short_plain_line() -> None:
    trouble = str(trouble_of(5, "@ERROR: \x1b[2Jgo\r\naway " + "x" * 10_000))
    assert trouble.isprintable()
    assert len(trouble) < 500


def test_a_path_that_would_be_several_words_is_quoted_or_refused() -> None:
    spaced = Remote("ams", "ssh://ams.example/pub", known_hosts=Path("/etc/our hosts"))
    assert "-oUserKnownHostsFile='/etc/our hosts'" in spaced.login()[0]
    with pytest.raises(RequestRefused, match="cannot hand on to ssh"):
        Remote("ams", "ssh://ams.example/pub", key_file=Path("/etc/it's")).login()


def test_an_address_that_settings_would_refuse_is_refused_here_too() -> None:
    with pytest.raises(RequestRefused, match="not the address of a master"):
        Remote("ams", "ssh://-oProxyCommand=id/pub").place()

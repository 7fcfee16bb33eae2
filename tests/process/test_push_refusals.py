"""When does a daemon refuse to start, and what does it say then?"""

from pathlib import Path

import pytest

from relengotron.lab import configuring, fedmsg_d
from relengotron.lab.daemon_process import DaemonProcess, hub_process, runner_process
from relengotron.lab.place import Place, free_port
from relengotron.lab.scenario import Scenario

NOWHERE = "http://127.0.0.1:9"
SERVICES = ("koji", "pdc", "resultsdb", "bodhi", "datagrepper", "mirror")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A configured daemon whose services are all away: a start must not need them."""
    place, scenario = Place(tmp_path / "lab"), Scenario(releases=("24",))
    bus = fedmsg_d.fedmsg_config(place, {"lab": free_port(), "daemon": free_port()}, is_signed=False)
    urls = {name: f"{NOWHERE}/kojihub" if name == "koji" else NOWHERE for name in SERVICES}
    configuring.write_configuration(place, urls, "deadbeef", bus, scenario)
    return place


def refusals(*processes: DaemonProcess) -> list[tuple[int, str]]:
    """Exit status and last words of processes that end by themselves."""
    for process in processes:
        process.start()
    return [(process.wait(), process.said()) for process in processes]


def test_a_second_daemon_on_the_same_journal_says_who_has_it(place: Place) -> None:
    first, second, runner = hub_process(place), hub_process(place), runner_process(place)
    first.start()
    try:
        first.wait_until_ready()
        second.log, who = place.log / "second.log", f"process {first.pid} on "
        for wanted, (status, said) in zip((75, 1), refusals(second, runner), strict=True):
            assert (status, "another relengotron works on" in said, who in said) == (wanted, True, True), said
        assert "Traceback" not in runner.said()
    finally:
        assert first.stop() == 0


def test_a_broken_configuration_ends_the_hub_with_every_mistake_by_name(place: Place) -> None:
    file = place.config / "relengotron.yaml"
    file.write_text(file.read_text().replace("workers: 4", "wrokers: 4").replace("runner: embedded", "runner: nobody"))

    [(status, said)] = refusals(hub_process(place))

    assert status == 78
    assert "relengotron cannot start" in said
    assert "pace.wrokers: unknown key (did you mean 'workers'?)" in said
    assert "runner: found 'nobody'; allowed: " in said

"""Can the hub load our consumer from its entry point, as an installed hub does?

The hub loads it through pkg_resources, which first looks for everything our package requires. If it misses one, the hub
logs a traceback and runs on without us: no check of ours can notice that, because none of our code runs.
"""

import importlib.metadata
import subprocess
import sys

import pytest

LOOK_FOR = "import pkg_resources, sys; pkg_resources.require(sys.argv[1:])"
LOAD = (
    "import pkg_resources; entry = pkg_resources.get_entry_info('relengotron', 'moksha.consumer', 'relengotron'); "
    "print(entry.load().__name__)"
)


def python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_hub_finds_what_a_consumer_requires() -> None:
    """A dot in a name hides a package from an old pkg_resources: setuptools 71.1 is too old, 78.1.1 is not."""
    found = python(LOOK_FOR, "moksha.common", "moksha.hub", "fedmsg[consumers]")
    assert found.returncode == 0, found.stderr


def test_the_hub_can_load_our_consumer() -> None:
    try:
        importlib.metadata.version("relengotron")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("relengotron runs from its source folder here and has no entry points")
    loaded = python(LOAD)
    assert (loaded.returncode, loaded.stdout.strip()) == (0, "Relengotron"), loaded.stderr

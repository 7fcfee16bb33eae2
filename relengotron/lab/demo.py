"""One push, end to end, before your eyes: `relengotron lab demo`."""

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import requests
from rich.console import Console
from rich.live import Live

from relengotron.lab import expected, screen
from relengotron.lab.filling import base_repo_path
from relengotron.lab.flavours import FLAVOURS
from relengotron.lab.life import Lab
from relengotron.lab.place import ARCHES, RELEASES
from relengotron.lab.story import LaneStory, told

PATIENCE = timedelta(minutes=10)
LOOKS_EVERY = 0.25
LEFT_BEHIND = ("F25", "nethack")
SETTLES_WITHIN = 15.0


def demo(root: Path, console: Console, *, fail: tuple[str, ...] = (), keep: bool = False) -> int:
    """Build the lab, push one batch, show it, and let an independent reader confirm it; 0 only if he does."""
    began = time.monotonic()

    def say(text: str) -> None:
        console.print(f"[bright_black]{time.monotonic() - began:6.1f} s[/]  {text}", highlight=False)

    lab = Lab(root, say, fail=fail)
    say("starting fedmsg-hub with our consumer from fedmsg.d")
    with lab:
        lanes = expected.plan(lab.place, _withdrawn(lab))
        untouched = _untouched(lab, lanes)
        say("publishing ONE fedmsg: bodhi.masher.start")
        pushed_at = time.monotonic()
        order = _order(lab)
        say(f"it lists {len(order['updates'])} updates; from here on everything is the daemon's work")
        is_over = _watch(lab, console, len(lanes))
        took = time.monotonic() - pushed_at
        stories = told(lab.heard)
        console.print(screen.summary(stories, _tests(lab), _places(lab, lanes)))
        if not is_over:
            console.print(f"[bold red]not every push was over after {PATIENCE}[/]; see {lab.place.log}")
            return 1
        _let_bodhi_finish(lab)
        say(f"the pushes took {took:.1f} s; now an independent reader looks from outside")
        confirmed = _verify(lab, lanes, untouched, console)
        confirmed &= _bodhi_is_done(lab, console)
        if keep:
            _wait_for_return(console, lab)
    return 0 if confirmed and all(story.end == "push.complete" for story in stories.values()) else 1


def _withdrawn(lab: Lab) -> tuple[str, ...]:
    """The builds of the update whose request its packager withdraws while the push is being ordered."""
    return tuple(build.nvr for build in _update_left_behind(lab).builds)


def _update_left_behind(lab: Lab) -> Any:
    release, package = LEFT_BEHIND
    return next(
        each
        for each in lab.stand_ins.bodhi.updates
        if each.release.name == release and each.builds[0].nvr.startswith(f"{package}-")
    )


def _order(lab: Lab) -> Mapping[str, Any]:
    bodhi = lab.stand_ins.bodhi
    with bodhi.lock:
        order = bodhi.start_push()
        _update_left_behind(lab).request = None
    return order.message


def _watch(lab: Lab, console: Console, lanes: int) -> bool:
    """Show the pushes until all are over; False when they are not in time."""
    deadline = time.monotonic() + PATIENCE.total_seconds()
    with _display(console) as show:
        while time.monotonic() < deadline:
            stories = told(lab.heard)
            show(stories, lanes)
            if len(stories) == lanes and all(story.is_over for story in stories.values()):
                return True
            time.sleep(LOOKS_EVERY)
    return False


@contextmanager
def _display(console: Console) -> Iterator[Any]:
    """A live table on a terminal, a line for each change elsewhere."""
    if console.is_terminal:
        with Live(console=console, refresh_per_second=4) as table:
            yield lambda stories, lanes: table.update(screen.live(stories, lanes))
        return
    last: dict[str, tuple[str, str, str]] = {}

    def show(stories: Mapping[str, LaneStory], _lanes: int) -> None:
        for lane, story in stories.items():
            state = (story.step, story.waits_for, story.end + str(story.hold is not None))
            if last.get(lane) != state:
                last[lane] = state
                console.print(screen.line(story), highlight=False, soft_wrap=True)

    yield show


def _tests(lab: Lab) -> dict[str, dict[str, str]]:
    """Every verdict by the identity of what was tested, as ResultsDB answers anybody."""
    answer = requests.get(f"{lab.stand_ins.urls['resultsdb']}/results", params={"limit": 1000}, timeout=10).json()
    verdicts: dict[str, dict[str, str]] = {}
    for row in reversed(answer["data"]):
        if row["testcase"]["name"] != "relengotron.compose":
            verdicts.setdefault(row["data"]["item"][0], {})[row["testcase"]["name"]] = row["outcome"]
    return verdicts


def _places(lab: Lab, lanes: tuple[expected.LanePlan, ...]) -> dict[tuple[str, str], str]:
    """Where everything should be on the mirror."""
    mirror, places = lab.stand_ins.urls["mirror"], {}
    for lane in lanes:
        name = f"F{lane.release}/{lane.request}"
        tag = f"f{lane.release}-{expected.REPO_OF[lane.request]}"
        places[name, tag] = f"{mirror}/{lane.repo_path}/"
        for flavour in FLAVOURS:
            places[name, flavour.artifact] = f"{mirror}/atomic/repo ref {flavour.ref(lane.release, lane.request)}"
    for key, (path, _, _) in expected.image_places(lanes).items():
        release, request, image = key.split("/")
        places[f"F{release}/{request}", image] = f"{mirror}/{path}/"
    return places


def _untouched(lab: Lab, lanes: tuple[expected.LanePlan, ...]) -> dict[str, str]:
    """What no push may change: the released repos, and the refs of trees that no update reaches."""
    paths = [f"{base_repo_path(release, arch)}/repodata/repomd.xml" for release in RELEASES for arch in ARCHES]
    for lane in lanes:
        for flavour in FLAVOURS:
            if flavour.artifact not in lane.flavours:
                paths.append(f"atomic/repo/refs/heads/{flavour.ref(lane.release, lane.request)}")
    return {path: hashlib.sha256((lab.place.mirror / path).read_bytes()).hexdigest() for path in paths}


def _images(lab: Lab, lanes: tuple[expected.LanePlan, ...]) -> dict[str, dict[str, Any]]:
    images = {}
    for key, (directory, kind, ref) in expected.image_places(lanes).items():
        suffix = ".iso" if kind == "iso" else ".raw.xz"
        found = sorted((lab.place.mirror / directory).glob(f"*{suffix}"))
        path = f"{directory}/{found[-1].name if found else f'nothing{suffix}'}"
        commit = (lab.place.live_ostree / "refs" / "heads" / ref).read_text().strip()
        images[key] = {"path": path, "kind": kind, "commit": commit, "checksum": f"{path}-CHECKSUM"}
    return images


def _verify(lab: Lab, lanes: tuple[expected.LanePlan, ...], untouched: Mapping[str, str], console: Console) -> bool:
    """Let a process of its own read everything from outside."""
    wanted = expected.expectation(lanes, lab.stand_ins.urls, _images(lab, lanes), untouched)
    file = lab.place.world / "expected.json"
    file.write_text(json.dumps(wanted, indent=1))
    command = [sys.executable, "-m", "relengotron.lab.verify", "--expect", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    console.print(done.stdout, end="", markup=False, highlight=False, soft_wrap=True)
    console.print(done.stderr, end="", markup=False, style="red")
    return done.returncode == 0


def _let_bodhi_finish(lab: Lab) -> None:
    """The last announcement may still be on its way to Bodhi."""
    deadline = time.monotonic() + SETTLES_WITHIN
    while lab.stand_ins.bodhi.composes and time.monotonic() < deadline:
        time.sleep(0.1)


def _bodhi_is_done(lab: Lab, console: Console) -> bool:
    """Ask Bodhi over HTTP, as anybody could: no update is locked for a push any more."""
    url = f"{lab.stand_ins.urls['bodhi']}/updates/"
    locked = requests.get(url, params={"locked": "true"}, timeout=10).json()["total"]
    mark = "✔" if locked == 0 else "✘"
    console.print(f"{mark} bodhi: {locked} updates are still locked for a push, 0 should be", soft_wrap=True)
    return bool(locked == 0)


def _wait_for_return(console: Console, lab: Lab) -> None:
    console.print(f"the lab stays up; try: relengotron --config {lab.place.config} status; press Return to end it")
    sys.stdin.readline()

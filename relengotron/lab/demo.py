"""One push, end to end, before your eyes: `relengotron lab demo`."""

import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from types import FrameType
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from relengotron.errors import RelengError
from relengotron.lab import closing_page, gate_page, screen
from relengotron.lab.gate_scene import MOVES, BuildStory, Scene
from relengotron.lab.life import Lab
from relengotron.lab.pushing import Push
from relengotron.lab.story import LaneStory
from relengotron.lab.voice import ConsoleVoice

PATIENCE = timedelta(minutes=10)
LOOKS_EVERY = 0.2
HELD_FOR = 5.0  # seconds in which a hold could still go on by itself
GATE_SETTLES_WITHIN = 60.0  # seconds after the last push is over
INTERRUPTED = 130


def demo(lab: Lab, console: Console, voice: ConsoleVoice, *, keep: bool = False) -> int:
    """Build the lab, push one batch, let builds land before rawhide, show it; 0 only if an independent reader agrees.

    However it ends, every process of the lab is ended with it; the logs stay.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _as_interrupt)
    status = 1
    try:
        status = _life(lab, console, voice, keep=keep)
    except KeyboardInterrupt:
        console.print("[yellow]interrupted: every process of the lab has been ended[/]")
        status = INTERRUPTED
    except RelengError as trouble:
        console.print(Text(str(trouble), style="bold red"), soft_wrap=True)
    finally:
        _say_where_to_look(lab, console, status)
    return status


def _life(lab: Lab, console: Console, voice: ConsoleVoice, *, keep: bool) -> int:
    try:
        with voice:
            lab.start()
            push, scene = Push(lab), Scene(lab)
            voice.say("publishing ONE fedmsg: bodhi.masher.start")
            began, order = time.monotonic(), push.order()
            voice.say("and builds land before rawhide: a good one, two that need one another, a bad one")
            scene.begin()
        voice.say(f"it lists {len(order['updates'])} updates; from here on everything is the daemon's work")
        is_over = _watch(push, scene, console)
        with voice:
            took = time.monotonic() - began
            voice.say(f"all pushes were over after {took:.1f} s" if is_over else f"not all is over after {took:.1f} s")
            if is_over:
                push.settle()
            mirror = lab.stand_ins.urls["mirror"]
            gate = gate_page.summary(scene.stories)
            page = closing_page.summary(push.stories, push.verdicts(), push.places(), mirror, gate)
        console.print(page)
        if not is_over:
            console.print("[bold red]not everything is over: what is still open waits for the reasons above[/]")
            if keep:
                _wait_for_return(console, lab)
            return 1
        confirmed = _confirm(push, scene, console, voice)
        if keep:
            _wait_for_return(console, lab)
        return 0 if confirmed and push.is_complete and scene.is_complete else 1
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # who is impatient must not leave processes behind
        with voice:
            voice.say("ending every process of the lab")
            lab.stop()


def _watch(push: Push, scene: Scene, console: Console) -> bool:
    """Show pushes and gate until all is over; False when it is not in time, or held with nobody there to act."""
    deadline, held_since = time.monotonic() + PATIENCE.total_seconds(), None
    with _display(console) as show:
        while time.monotonic() < deadline:
            is_over = push.is_over and scene.is_over
            show(push.stories, len(push.lanes), scene.stories)
            if is_over:
                return True
            scene.go_on()
            held_since = (held_since or time.monotonic()) if push.is_held else None
            longest = GATE_SETTLES_WITHIN if push.is_over else HELD_FOR
            if held_since is not None and time.monotonic() - held_since > longest:
                return False
            time.sleep(LOOKS_EVERY)
    return False


@contextmanager
def _display(console: Console) -> Iterator[Any]:
    """A live table on a terminal, a line for each change elsewhere."""
    if console.is_terminal:
        with Live(console=console, refresh_per_second=5, transient=True) as table:
            yield lambda stories, lanes, builds: table.update(
                Group(screen.live(stories, lanes), gate_page.live(builds))
            )
        return
    last: dict[str, tuple[str, str, str]] = {}

    def show(stories: Mapping[str, LaneStory], _lanes: int, builds: Mapping[str, BuildStory]) -> None:
        for lane, story in stories.items():
            state = (story.step, story.waits_for, story.end + str(story.hold is not None))
            if last.get(lane) != state:
                last[lane] = state
                console.print(screen.line(story), highlight=False, soft_wrap=True)
        for build in builds.values():
            if last.get(build.nvr) != (build.state, build.reason, ""):
                last[build.nvr] = (build.state, build.reason, "")
                console.print(gate_page.line(build), highlight=False, soft_wrap=True)

    yield show


def _confirm(push: Push, scene: Scene, console: Console, voice: ConsoleVoice) -> bool:
    """Let an independent reader look, and ask Bodhi whether it is done."""
    with voice:
        voice.say("now an independent reader looks from outside")
        reading = push.verify(scene.expected(), MOVES)
    for line in closing_page.findings(reading):
        console.print(line, soft_wrap=True)
    locked = push.locked_updates()
    mark = "✔" if locked == 0 else "✘"
    console.print(f"{mark} bodhi: {locked} updates are still locked for a push, 0 should be", soft_wrap=True)
    return reading.passed and locked == 0


def _wait_for_return(console: Console, lab: Lab) -> None:
    console.print(f"the lab stays up; try: relengotron --config {lab.place.config} status; press Return to end it")
    sys.stdin.readline()


def _say_where_to_look(lab: Lab, console: Console, status: int) -> None:
    console.print(f"logs: {lab.place.log}", soft_wrap=True, highlight=False)
    if lab.scenario.journal_url is None:
        ask = f"relengotron --config {lab.place.config} status"
        console.print(f"the story of every run: {ask}", soft_wrap=True, highlight=False)
    if status not in (0, INTERRUPTED):
        console.print("[bold red]the demo did not end well[/]")


def _as_interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt

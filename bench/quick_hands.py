"""Who does the outside work while reactions are measured? A builder and a tester that lose no time."""

import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import koji
from koji import xmlrpcplus

from relengotron.lab.place import Place
from relengotron.systems.koji.simulated import Hub

BUILDER = "builder1"


class QuickBuilder:
    """Carries out each task at once, with bits just large enough to be published and content of their own."""

    def __init__(self, hub: Hub, place: Place) -> None:
        """Take the hub it works for and the stores it writes to."""
        self._hub = hub
        self._place = place
        self._news = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="bench-builder", daemon=True)

    def start(self) -> None:
        """Work from now on."""
        self._hub.call(BUILDER, "host.updateHost", 0.0, True)
        self._thread.start()

    def stop(self) -> None:
        """Work no more."""
        self._stop.set()
        self._news.set()
        self._thread.join(10)

    def hear(self, topic: str, body: Mapping[str, Any]) -> None:
        """A new task is a reason to look."""
        if topic == "buildsys.task.state.change" and body.get("new") == "FREE":
            self._news.set()

    def _work(self) -> None:
        while not self._stop.is_set():
            self._news.wait(0.5)
            self._news.clear()
            free = {"state": [koji.TASK_STATES["FREE"]], "decode": True}
            for row in self._hub.call(None, "listTasks", free, {"order": "id"}):
                self.carry_out(row)

    def carry_out(self, row: Mapping[str, Any]) -> None:
        """One task comes to its end."""
        if self._hub.call(BUILDER, "host.openTask", row["id"]) is None:
            return
        result = self._made(row)
        packed = xmlrpcplus.dumps((result,), methodresponse=1, allow_none=1)
        self._hub.call(BUILDER, "host.closeTask", row["id"], packed)

    def _made(self, row: Mapping[str, Any]) -> Any:
        match row["method"]:
            case "tagBuild":
                tag, build, force, source = row["request"][:4]
                self._hub.call(BUILDER, "host.tagBuild", row["id"], tag, build, force=force, fromtag=source)
            case "image":
                self._write(
                    self._place.koji / "scratch" / "relengotron" / f"task_{row['id']}" / "disk.raw.xz", row["id"]
                )
            case "runroot":
                words = [str(word) for word in row["request"][2]]
                {"mash": self._mash, "rpm-ostree": self._tree, "lorax": self._lorax}[words[0]](words, row["id"])
        return None

    def _mash(self, words: list[str], task: int) -> None:
        root = Path(words[words.index("-o") + 1]) / words[-1]
        for arch in ("x86_64", "i686"):
            self._write(root / arch / "repodata" / f"{task}-primary.xml.gz", task)
            self._write(root / arch / "repodata" / "repomd.xml", task)

    def _tree(self, words: list[str], task: int) -> None:
        options = dict(word.removeprefix("--").split("=", 1) for word in words if word.startswith("--") and "=" in word)
        tree = self._place.compose / "bench-trees" / str(task)
        self._write(tree / "usr" / "bin" / "sh", task)
        command = ["ostree", f"--repo={options['repo']}", "commit", f"--tree=dir={tree}", "--subject=compose"]
        command += ["--orphan", "--no-bindings", f"--parent={options.get('parent', 'none')}"]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        Path(options["write-commitid-to"]).write_text(done.stdout)

    def _lorax(self, words: list[str], task: int) -> None:
        self._write(Path(words[-1]) / "images" / "boot.iso", task)

    @staticmethod
    def _write(path: Path, task: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"made by task {task}")

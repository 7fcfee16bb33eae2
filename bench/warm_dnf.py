"""How does the bench talk with dnf's Python API, which lives in another interpreter?"""

import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from bench.dnf_command import SYSTEM_PYTHON, DnfRefused
from relengotron.model.package import Package

_COMMAND = (SYSTEM_PYTHON, str(Path(__file__).with_name("dnf_api.py")))


@dataclass(frozen=True, slots=True)
class WarmDnf:
    """One process that has loaded every set of repos already."""

    questions: IO[str]
    answers: IO[str]

    def install(self, repos: str, names: Iterable[str]) -> tuple[float, frozenset[Package]]:
        """The seconds that dnf itself took, and everything it would install.

        Raises:
            DnfRefused: the names cannot be installed.
        """
        answer = self._ask({"repos": repos, "install": list(names)})
        if "problem" in answer:
            raise DnfRefused(answer["problem"])
        return answer["seconds"], frozenset(Package(*row) for row in answer["packages"])

    def _ask(self, question: Mapping[str, Any]) -> Any:
        self.questions.write(json.dumps(question) + "\n")
        self.questions.flush()
        return json.loads(self.answers.readline())


@contextmanager
def warm_dnf(folder: Path, repos: Mapping[str, Mapping[str, str]], arch: str) -> Iterator[WarmDnf]:
    """The process, once it has loaded what there is; it ends with the block."""
    with subprocess.Popen(_COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("no pipes to dnf's own interpreter")
        dnf = WarmDnf(process.stdin, process.stdout)
        dnf._ask({"folder": str(folder), "repos": repos, "arch": arch})
        yield dnf
        process.stdin.close()

"""A conversation with fedmsg as it is installed elsewhere."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-stock" / "bin" / "python"


class StockFedmsg:
    """One process for all questions; it starts within a second."""

    def __init__(self) -> None:
        assert PYTHON.exists(), f"no {PYTHON}: run scripts/setup"
        script = Path(__file__).with_name("stock_fedmsg.py")
        self._process = subprocess.Popen(
            [str(PYTHON), "-I", str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def sign(self, message: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
        answer = self._ask({"do": "sign", "message": dict(message), "config": dict(config)})
        signed: dict[str, Any] = json.loads(answer["text"])
        return signed

    def validates(self, message: Mapping[str, Any], config: Mapping[str, Any]) -> bool:
        answer = self._ask({"do": "validate", "text": json.dumps(message), "config": dict(config)})
        assert answer["valid"] in (True, False), "this fedmsg cannot validate at all"
        return bool(answer["valid"])

    def close(self) -> None:
        self._process.communicate(timeout=10)

    def _ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

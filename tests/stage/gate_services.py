"""Greenwave and WaiverDB beside a gate: they see what ResultsDB of the stage has, and may be away."""

from collections.abc import Sequence
from typing import Any, Final

import requests
import yaml

from relengotron.settings import load
from relengotron.systems.gate.simulated import SimulatedGreenwave
from relengotron.systems.gate.simulated import create_app as greenwave_app
from relengotron.systems.inprocess import WsgiAdapter
from relengotron.systems.mischief import Mischief
from relengotron.systems.resultsdb.simulated.rows import Selection
from relengotron.systems.waiverdb.simulated import SimulatedWaiverDb
from relengotron.systems.waiverdb.simulated import create_app as waiverdb_app
from tests.stage.gate_stage import GateStage

GREENWAVE, WAIVERDB = "http://greenwave.stage", "http://waiverdb.stage"
API: Final = "/api/v1.0"


class GateServices:
    """What a daemon finds that asks Greenwave, where it has policies, and WaiverDB."""

    def __init__(self, stage: GateStage, *policies: dict[str, Any], types: Sequence[str] = ("koji_build",)) -> None:
        """Both are there from now on, and the daemon starts anew with their addresses."""
        self._results = stage.outside.results
        self.waivers = SimulatedWaiverDb(stage.clock.seconds)
        self.decisions = SimulatedGreenwave(list(policies), self._rows, lambda: self.waivers.rows)
        self.greenwave, self.waiverdb = Mischief(greenwave_app(self.decisions)), Mischief(waiverdb_app(self.waivers))
        self._reach = stage.outside.session
        stage.outside.session = self._session  # type: ignore[method-assign]
        words: dict[str, Any] = {"waiverdb": {"url": WAIVERDB + API}}
        if policies:
            words["greenwave"] = {"url": GREENWAVE + API, "subject_types": list(types)}
        file = stage.root / "config" / "systems.yaml"
        file.write_text(yaml.safe_dump(yaml.safe_load(file.read_text()) | words))
        stage.settings = load(stage.root / "config")
        stage.restart()

    def _session(self) -> requests.Session:
        session = self._reach()
        session.mount(GREENWAVE, WsgiAdapter(self.greenwave))
        session.mount(WAIVERDB, WsgiAdapter(self.waiverdb))
        return session

    def _rows(self) -> list[dict[str, Any]]:
        return [self._results.show_result(each) for each in self._results.results.select(Selection())]

"""How is one stand-in served alone, from its start state, for anybody to play a recording against?"""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from relengotron.lab.web import WebServer
from relengotron.systems.bodhi.simulated import SimulatedBodhi
from relengotron.systems.bodhi.simulated import create_app as bodhi_app
from relengotron.systems.datagrepper.simulated import SimulatedDatagrepper
from relengotron.systems.datagrepper.simulated import create_app as datagrepper_app
from relengotron.systems.koji.simulated import TRIAL_USERS, Hub
from relengotron.systems.koji.simulated import wsgi_app as koji_app
from relengotron.systems.pdc.simulated import PdcState
from relengotron.systems.pdc.simulated import wsgi_app as pdc_app
from relengotron.systems.resultsdb.simulated import SimulatedResultsDb
from relengotron.systems.resultsdb.simulated import create_app as resultsdb_app

HOST_USER = {"builder1": "hostpw"}


def serve(name: str, port: int, say: Callable[[str], None]) -> None:
    """Serve until the process ends; one JSON line is said when the port answers."""
    app, path, facts = STAND_INS[name]()
    server = WebServer(app, port)
    say(json.dumps({"url": f"{server.url}{path}", **facts}))
    server.serve()


def _koji() -> tuple[Any, str, Mapping[str, Any]]:
    return koji_app(Hub.empty()), "/kojihub", {"users": {**TRIAL_USERS, **HOST_USER}}


def _pdc() -> tuple[Any, str, Mapping[str, Any]]:
    state = PdcState()
    return pdc_app(state), "/rest_api/v1/", {"token": state.token}


def _resultsdb() -> tuple[Any, str, Mapping[str, Any]]:
    return resultsdb_app(SimulatedResultsDb(time.time)), "/api/v2.0", {}


def _bodhi() -> tuple[Any, str, Mapping[str, Any]]:
    return bodhi_app(SimulatedBodhi(time.time)), "/", {}


def _datagrepper() -> tuple[Any, str, Mapping[str, Any]]:
    """Nobody speaks on a bus here; a message that is POSTed to ``heard`` counts as said."""
    return datagrepper_app(SimulatedDatagrepper(time.time)), "", {"heard": "/lab/heard"}


STAND_INS: Mapping[str, Callable[[], tuple[Any, str, Mapping[str, Any]]]] = {
    "koji": _koji,
    "pdc": _pdc,
    "resultsdb": _resultsdb,
    "bodhi": _bodhi,
    "datagrepper": _datagrepper,
}

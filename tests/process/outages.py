"""The services of a lab, in whose place nobody answers for a while, or whose answers are lost."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from relengotron.lab.life import Lab
from relengotron.systems.mischief import Kind, Mischief, Rule
from tests.process.labs import until

SERVICES = ("koji", "pdc", "resultsdb", "bodhi", "datagrepper")
EFFECTS_OF_KOJI = ("runroot", "buildImageOz", "moveBuild", "untagBuild", "writeSignedRPM")
ANSWERS_LOST = 2


class Outages:
    """Stands before every service of a lab that is up."""

    def __init__(self, lab: Lab) -> None:
        stand_ins = lab.stand_ins
        servers = (stand_ins.koji, stand_ins.pdc, stand_ins.resultsdb, stand_ins.bodhi_server, stand_ins.datagrepper)
        self.fronts: dict[str, Mischief] = {}
        self.lost: list[Rule] = []
        for name, server in zip(SERVICES, servers, strict=True):
            server.put_before(self._front(name))

    @contextmanager
    def away(self, services: Sequence[str], for_s: float) -> Iterator[None]:
        """Nobody answers for so long; the block runs at its beginning."""
        gone = [self.fronts[each].misbehave(Rule(Kind.REFUSED, times=None)) for each in services]
        began = time.monotonic()
        yield
        until(lambda: time.monotonic() - began > for_s, "the outage is over")
        for rule in gone:
            rule.times = 0

    def lose_answers(self) -> None:
        """The first changes of every kind that the daemon makes are made, and it does not hear of it."""
        for method in EFFECTS_OF_KOJI:
            self._lose("koji", body=f">{method}<")
        self._lose("resultsdb", method="POST", body="relengotron.compose")

    @property
    def answers_lost(self) -> int:
        return sum(min(rule.seen, rule.times or 0) for rule in self.lost)

    def _lose(self, service: str, *, method: str = ".*", body: str) -> None:
        rule = Rule(Kind.LOST_ANSWER, method=method, body=body, times=ANSWERS_LOST)
        self.lost.append(self.fronts[service].misbehave(rule))

    def _front(self, name: str) -> Callable[[Mischief], Mischief]:
        def wrap(app: Mischief) -> Mischief:
            self.fronts[name] = Mischief(app)
            return self.fronts[name]

        return wrap

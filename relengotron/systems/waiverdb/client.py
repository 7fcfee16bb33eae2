"""How is WaiverDB asked over its API v1.0?"""

from collections.abc import Collection
from dataclasses import replace

from relengotron.errors import AnswerLost, MalformedInput, SystemUnreachable
from relengotron.model.gate import Subject
from relengotron.model.waiver import Waiver
from relengotron.systems.rest import RestService
from relengotron.systems.waiverdb.reading import read_waiver, rows_of

FILTERS_AT_ONCE = 50


class WaiverDbClient:
    """The port spoken over HTTP; ``service`` has the base URL that ends in ``/api/v1.0``."""

    def __init__(self, service: RestService) -> None:
        self._service = service

    def waivers_of(self, subjects: Collection[Subject]) -> tuple[Waiver, ...]:
        """Everything about these subjects, by filters in a POST, which has no limit of pages; it changes nothing."""
        asked = sorted({(each.type, each.item) for each in subjects})
        found: list[Waiver] = []
        for start in range(0, len(asked), FILTERS_AT_ONCE):
            found += self._of(asked[start : start + FILTERS_AT_ONCE])
        return tuple(found)

    def give(self, waiver: Waiver) -> str:
        """In the name of ``who``: only an account that may speak for others is believed."""
        body = {
            "subject_type": waiver.subject_type,
            "subject_identifier": waiver.item,
            "testcase": waiver.testcase,
            "product_version": waiver.product_version,
            "username": waiver.who,
            "comment": waiver.why,
            "waived": waiver.is_waived,
        } | ({"scenario": waiver.scenario} if waiver.scenario is not None else {})
        given = read_waiver(self._service.post("/waivers/", body))
        if replace(given, id=waiver.id, at=waiver.at, run=waiver.run) != waiver:
            raise MalformedInput(f"WaiverDB took another waiver than was given: {given.id} of {given.who}")
        return given.id

    def identity(self) -> str:
        """The base URL, once the service has said its version."""
        about = self._service.get("/about")
        if not isinstance(about, dict) or "version" not in about:
            raise MalformedInput(f"{self._service.base_url} is no WaiverDB")
        return self._service.base_url

    def _of(self, asked: Collection[tuple[str, str]]) -> list[Waiver]:
        filters = [{"subject_type": kind, "subject_identifier": item} for kind, item in asked]
        try:
            answer = self._service.post("/waivers/+filtered", {"filters": filters, "include_obsolete": False})
        except AnswerLost as lost:
            raise SystemUnreachable(str(lost)) from lost
        waivers = [read_waiver(row) for row in rows_of(answer)]
        strangers = [each.id for each in waivers if (each.subject_type, each.item) not in asked]
        if strangers:
            raise MalformedInput(f"WaiverDB answered waivers of subjects nobody asked about: {', '.join(strangers)}")
        return waivers

"""Which parameters and bodies does the API take, and how does it refuse the others?"""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from numbers import Number
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from werkzeug.datastructures import MultiDict

from relengotron.systems.resultsdb.simulated.rows import DataFilter, Selection

RECORDED_PYDANTIC = "/2.8/v/"
DEFAULT_LIMIT = 20
_SHOWN = ("input", "loc", "msg", "type", "url")
_ISO = re.compile(
    r"(?P<year>\d{4})(?:(?:-(?P<month>\d{1,2})(?:-(?P<day>\d{1,2}))?|(?P<month2>\d\d)(?P<day2>\d\d))"
    r"(?:[ T](?P<hour>\d\d)(?::?(?P<minute>\d\d))?(?::?(?P<second>\d{1,2})(?:[.,](?P<part>\d+))?)?"
    r"(?:Z|[-+]\d\d:?(?:\d\d)?)?)?)?",
    re.ASCII,
)
Model = TypeVar("Model", bound=BaseModel)


class Refused(Exception):
    """The request is answered with 400 and these validation errors."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__(errors)
        self.errors = errors


class Broke(Exception):
    """The real server's database or code breaks on this: 500."""


def read(model: type[Model], values: Mapping[str, Any], outcomes: tuple[str, ...]) -> Model:
    """Check values against a model; wrong ones are refused in the words of the real server."""
    try:
        return model.model_validate(dict(values), context={"outcomes": outcomes})
    except ValidationError as wrong:
        raise Refused([_shown(dict(error)) for error in wrong.errors(include_context=False)]) from wrong


def _shown(error: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {key: error[key] for key in _SHOWN if key in error}
    return kept | {"url": re.sub(r"/\d+\.\d+/v/", RECORDED_PYDANTIC, str(error.get("url", "")))}


def _listed(text: str) -> list[str]:
    return [part for part in (part.strip() for part in text.split(",")) if part]


def _allowed(outcomes: list[str], info: ValidationInfo) -> list[str]:
    allowed = info.context["outcomes"]  # type: ignore[index]
    if not set(outcomes) <= set(allowed):
        raise ValueError(f"must be one of: {', '.join(allowed)}")
    return outcomes


class ListQuery(BaseModel):
    """Every listing has pages from 0."""

    page: int = 0
    limit: int = DEFAULT_LIMIT


class GroupsQuery(ListQuery):
    """Filters of the group list."""

    uuid: str | None = None
    description: str | None = None
    description_like: str | None = Field(alias="description:like", default=None)


class TestcasesQuery(ListQuery):
    """Filters of the test case list."""

    name: str | None = None
    name_like: str | None = Field(alias="name:like", default=None)


class ResultsQuery(ListQuery):
    """Known filters of the result lists; every other key is a data filter."""

    sort: str = Field(alias="_sort", default="")
    since: Any = (None, None)
    outcome: str | None = None
    groups: str | None = None
    testcases: str | None = None
    testcases_like: str | None = Field(alias="testcases:like", default=None)
    distinct_on: str | None = Field(alias="_distinct_on", default=None)

    @field_validator("since", mode="before")
    @classmethod
    def _read_since(cls, text: str) -> tuple[datetime, datetime | None]:
        first, *others = text.split(",")
        return _iso_moment(first), _iso_moment(others[0]) if others else None

    @field_validator("outcome", mode="after")
    @classmethod
    def _check_outcomes(cls, text: str, info: ValidationInfo) -> str:
        return ",".join(_allowed([part.upper() for part in _listed(text)], info))

    def order(self) -> str:
        """How the rows are sorted; anything unknown is newest first."""
        match self.sort:
            case "asc:submit_time":
                return "asc"
            case "disable_sorting":
                return "unsorted"
        return "desc"

    def distinct_keys(self) -> list[str]:
        """Data keys that tell apart the newest results."""
        return _listed(self.distinct_on or "")

    def selection(self, args: "MultiDict[str, str]") -> Selection:
        """What is asked for, the data filters taken from the raw arguments."""
        return Selection(
            start=self.since[0],
            end=self.since[1],
            outcomes=_listed(self.outcome or ""),
            groups=_listed(self.groups or ""),
            testcases=_listed(self.testcases or ""),
            testcases_like=_listed(self.testcases_like or ""),
            data=_data_filters(args),
        )


_KNOWN = frozenset(field.alias or name for name, field in ResultsQuery.model_fields.items())


def _data_filters(args: "MultiDict[str, str]") -> tuple[DataFilter, ...]:
    unknown = {key: args.getlist(key) for key in args if key not in _KNOWN}
    return tuple(_data_filter(key, ",".join(values).split(",")) for key, values in unknown.items())


def _data_filter(text: str, values: list[str]) -> DataFilter:
    key, *modifiers = text.split(":")
    if len(modifiers) > 1:
        return DataFilter(text, tuple(values))
    return DataFilter(key, tuple(values), like=modifiers == ["like"])


def _iso_moment(text: str) -> datetime:
    """An ISO 8601 moment; its zone is dropped, not converted."""
    found = _ISO.fullmatch(text)
    if not found:
        raise ValueError("must be in ISO8601 format")
    part = found.groupdict()
    try:
        return datetime(  # noqa: DTZ001 - the database keeps UTC without a zone
            int(part["year"]),
            int(part["month"] or part["month2"] or 1),
            int(part["day"] or part["day2"] or 1),
            int(part["hour"] or 0),
            int(part["minute"] or 0),
            int(part["second"] or 0),
            int(float(f"0.{part['part'] or 0}") * 1e6),
        )
    except ValueError as wrong:
        raise ValueError("must be in ISO8601 format") from wrong


class NewGroup(BaseModel):
    """Body of a group to create or update."""

    uuid: str | None = None
    ref_url: str | None = None
    description: str | None = None


class NewTestcase(BaseModel):
    """Body of a test case to create or update."""

    name: Annotated[str, StringConstraints(min_length=1)]
    ref_url: str | None = None


def _check_outcome(outcome: str, info: ValidationInfo) -> str:
    return _allowed([outcome], info)[0]


class NewResultBody(BaseModel):
    """Body of a result to store."""

    outcome: Annotated[
        str,
        StringConstraints(min_length=1, strip_whitespace=True, to_upper=True),
        AfterValidator(_check_outcome),
    ]
    testcase: dict[Any, Any]
    groups: list[Any] | None = None
    note: str | None = None
    data: dict[Any, Any] | None = None
    ref_url: str | None = None
    submit_time: Any = None

    @field_validator("testcase", mode="before")
    @classmethod
    def _name_testcase(cls, value: Any) -> Any:
        if not value or (isinstance(value, dict) and not value.get("name")):
            raise ValueError("testcase name must be non-empty")
        return {"name": value} if isinstance(value, str) else value

    @field_validator("submit_time", mode="before")
    @classmethod
    def _read_submit_time(cls, value: Any) -> datetime | None:
        if value is None:
            return None
        if isinstance(value, Number):
            return _from_milliseconds(value)
        if isinstance(value, str):
            for zone in ("Z", "", "%z", "+00"):
                with suppress(ValueError):
                    return _without_zone(datetime.strptime(value, f"%Y-%m-%dT%H:%M:%S.%f{zone}"))  # noqa: DTZ007
            with suppress(ValueError):
                return _from_milliseconds(int(value))
        raise ValueError(
            f"Expected timestamp in milliseconds or datetime (in format YYYY-MM-DDTHH:MM:SS.ffffff), got {value!r}"
        )


def _without_zone(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _from_milliseconds(value: Any) -> datetime:
    seconds, milliseconds = divmod(value, 1000)
    if isinstance(milliseconds, float):
        raise Broke("fractions of a millisecond")
    moment = datetime.fromtimestamp(seconds, tz=UTC)
    return moment.replace(microsecond=milliseconds * 1000, tzinfo=None)

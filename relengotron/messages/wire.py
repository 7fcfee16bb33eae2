"""How is a body read strictly, so that a wrong type is named with its key path?"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from relengotron.errors import MalformedInput
from relengotron.messages import names

_ERRORS_TOLD: Final = 3
_LONGEST_SHOWN: Final = 60
_LARGEST_SHOWN: Final = 10**18


class Wire(BaseModel):
    """A shape on the bus: types are exact, keys we do not know are somebody else's."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


Shape = TypeVar("Shape", bound=Wire)


def read(shape: type[Shape], body: Mapping[str, Any]) -> Shape:
    """Read the body as that shape.

    Raises:
        MalformedInput: naming the key path of each thing that is wrong.
    """
    try:
        return shape.model_validate(dict(body))
    except ValidationError as error:
        raise MalformedInput(_told(error)) from None


def shown(value: object) -> str:
    """Show a value from outside shortly, and safely whatever it is."""
    match value:
        case str():
            return ascii(value if len(value) <= _LONGEST_SHOWN else value[:_LONGEST_SHOWN] + "...")
        case int() if abs(value) > _LARGEST_SHOWN:
            return "a huge number"
        case None | bool() | int() | float():
            return repr(value)
        case list() | tuple():
            return f"a list of {len(value)}"
        case dict():
            return f"an object with {len(value)} keys"
    return f"a {type(value).__name__}"


def _told(error: ValidationError) -> str:
    errors = error.errors(include_url=False, include_context=False)
    told = [_one(entry["loc"], entry["type"], entry["msg"], entry["input"]) for entry in errors[:_ERRORS_TOLD]]
    if len(errors) > _ERRORS_TOLD:
        told.append(f"and {len(errors) - _ERRORS_TOLD} more")
    return "; ".join(told)


def _one(loc: tuple[int | str, ...], kind: str, text: str, found: object) -> str:
    path = ".".join(["msg", *(str(part) for part in loc)])
    if kind == "missing":
        return f"{path}: missing"
    wanted = text.removeprefix("Value error, ").removeprefix("Input ")
    return f"{path}: {wanted}, found {shown(found)}"


def _must(holds: Callable[[str], bool], what: str) -> AfterValidator:
    def check(text: str) -> str:
        if not holds(text):
            raise ValueError(f"should be {what}")
        return text

    return AfterValidator(check)


Alias = Annotated[str, _must(names.is_alias, "an update alias")]
BuildNvr = Annotated[str, _must(names.is_nvr, "a name-version-release")]
Package = Annotated[str, _must(names.is_package, "a package name")]
Version = Annotated[str, _must(names.is_version, "a version or release")]
Tag = Annotated[str, _must(names.is_tag, "a Koji tag")]
ReleaseName = Annotated[str, _must(names.is_release, "the name of a release")]
Method = Annotated[str, _must(names.is_method, "the method of a Koji task")]
Sigkey = Annotated[str, _must(names.is_sigkey, "the id of a signing key")]
Outcome = Annotated[str, _must(names.is_outcome, "an outcome")]
Identifier = Annotated[str, _must(names.is_identifier, "an identifier")]
Request = Annotated[str, _must(names.is_request, "testing or stable")]
PushedTitle = Annotated[str, _must(names.is_pushed_title, "an alias or comma-joined NVRs")]
Person = Annotated[str, _must(names.is_person, "the name of an account")]
Title = Annotated[str, _must(names.is_title, "a printable title")]
Sentence = Annotated[str, _must(names.is_sentence, "one printable line of at most 1,000 characters")]
Item = Annotated[str, _must(names.is_item, "a printable name without tricks")]
Id = Annotated[int, Field(ge=1, le=names.LARGEST_ID)]

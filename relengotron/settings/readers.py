"""What stands between the mirror and its readers? Parts of ``config/systems.yaml``: mirrors' modules, and caches."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from relengotron.settings.kinds import Duration, Name, SecretFile, Url, path_below_root
from relengotron.settings.section import Section

_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}", re.ASCII)


def header(text: str) -> str:
    """The name of an HTTP header."""
    if not _HEADER.fullmatch(text):
        raise ValueError("allowed: the name of an HTTP header, such as Fastly-Key")
    return text


def web_address(text: str) -> str:
    """An address that can be sent requests."""
    if not text.startswith(("http://", "https://")):
        raise ValueError("allowed: http://HOST/... or https://HOST/...")
    return text


WebAddress = Annotated[Url, AfterValidator(web_address)]
BelowRoot = Annotated[str, AfterValidator(path_below_root)]
Header = Annotated[str, AfterValidator(header)]


class MirrorModule(Section):
    """A part of the mirror that others copy as one."""

    path: BelowRoot | None = Field(None, description="Its directory below `root`; without this key, `root` itself.")
    leave_out: tuple[BelowRoot, ...] = Field(
        (),
        description="Directories below its own that are not listed, such as OSTree repos that are read through a cache "
        "and copied by no mirror.",
    )


class Cache(Section):
    """A cache, or a network of them, in front of the mirror."""

    url: WebAddress = Field(description="Under which address its readers find what lies at the mirror's `root`.")
    purge_at: tuple[WebAddress, ...] = Field(
        (),
        description="The addresses of its machines, each of which is sent `PURGE`; without this key, `url` is. They "
        "get the host of `url` as their own.",
    )
    token_file: SecretFile | None = Field(
        None, description="A file with the token that may purge, read for each purge."
    )
    token_header: Header = Field("Fastly-Key", description="The header that carries the token.")
    timeout: Duration = Field(timedelta(seconds=30), description="How long one request may take.")
    owner: Name | None = Field(
        None, description="Who can act when it does not forget; without this key, `owner` of `relengotron.yaml`."
    )


def apart(modules: Mapping[str, MirrorModule]) -> Mapping[str, MirrorModule]:
    """No module lies in another: writing the list of one would make that of the other wrong."""
    places = {name: f"{module.path}/" if module.path else "" for name, module in modules.items()}
    for name, place in places.items():
        inside = [other for other, own in places.items() if other != name and own.startswith(place)]
        if inside:
            raise ValueError(f"{', '.join(inside)} lies in {name}; allowed: modules apart from one another")
    return modules

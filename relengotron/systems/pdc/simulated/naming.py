"""What do the names of packages consist of, as PDC reads them?"""

import re

_PARTS = {
    "name": r"(?P<name>[^:]+)",
    "version": r"(?P<version>[^:]+)",
    "release": r"(?P<release>[^:]+)",
    "epoch": r"(?P<epoch>[0-9]+)",
    "arch": r"(?P<arch>[^:.-]+)",
}


def _compiled(*shapes: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(rf"^(?:.*/)?{shape.format(**_PARTS)}$") for shape in shapes)


_NVR = _compiled(
    "{name}-{version}-{release}:{epoch}",
    "{epoch}:{name}-{version}-{release}",
    "{name}-{epoch}:{version}-{release}",
    "{name}-{version}-{release}",
)
_NVRA = _compiled(
    r"{name}-{version}-{release}:{epoch}\.{arch}(?:\.rpm)?",
    r"{epoch}:{name}-{version}-{release}\.{arch}(?:\.rpm)?",
    r"{name}-{epoch}:{version}-{release}\.{arch}(?:\.rpm)?",
    r"{name}-{version}-{release}\.{arch}(?:\.rpm)?:{epoch}",
    r"{name}-{version}-{release}\.{arch}\.rpm",
    r"{name}-{version}-{release}\.{arch}",
)


def _first(text: str, shapes: tuple[re.Pattern[str], ...]) -> dict[str, str] | None:
    for shape in shapes:
        if found := shape.match(text):
            return found.groupdict()
    return None


def parse_nvr(text: str) -> dict[str, str] | None:
    """Name, version, release and perhaps epoch; None when the text is no such name."""
    return _first(text, _NVR)


def parse_nvra(text: str) -> dict[str, str] | None:
    """The same with an arch."""
    return _first(text, _NVRA)

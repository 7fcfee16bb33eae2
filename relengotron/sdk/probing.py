"""What does a look from outside say of a publication?"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePosixPath

from relengotron.decisions.reading_back import Read, judge
from relengotron.model.artifact import Probe
from relengotron.systems.mirror.order import is_pointer
from relengotron.systems.mirror.port import Seen


def starts_at(path: str) -> str | None:
    """The folder whose readers start from this file: repomd.xml and its signature, a CHECKSUM file; None for others."""
    if not is_pointer(path):
        return None
    folder = PurePosixPath(path).parent
    return f"{folder.parent if folder.name == 'repodata' else folder}/"


def probe_of(
    artifact: str,
    seen: Iterable[Seen],
    before: Mapping[str, str] | None = None,
    start: Callable[[str], str | None] = starts_at,
) -> Probe:
    """What was seen as published, and a sentence for everything that was not.

    With the checksums of ``before`` it also says what is a lie, and not only late.
    """
    looked = tuple(seen)
    if before is None:
        late = tuple(str(each) for each in looked if not each.is_as_expected)
        return Probe(artifact, tuple(each.path for each in looked if each.is_as_expected), late)
    found = judge([_read(each, before, start) for each in looked])
    return Probe(artifact, found.seen, found.missing, found.lies)


def probe_of_nothing(artifact: str, seen: Iterable[Seen]) -> Probe:
    """Of what was taken off altogether: a service in trouble does not say that a file is gone."""
    looked = tuple(seen)
    return Probe(
        artifact,
        tuple(each.path for each in looked if each.is_absent),
        tuple(
            f"{each.path}: {'still there' if each.sha256 else f'HTTP {each.status}'}"
            for each in looked
            if not each.is_absent
        ),
    )


def _read(seen: Seen, before: Mapping[str, str], start: Callable[[str], str | None]) -> Read:
    return Read(
        path=seen.path,
        new=seen.expected,
        old=before.get(seen.path),
        read=seen.sha256,
        status=seen.status,
        size=seen.size,
        start=start(seen.path),
    )

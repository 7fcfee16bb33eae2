"""How are the metadata and the packages of a repo brought into a build root?"""

import hashlib
import shutil
from pathlib import Path
from urllib.parse import unquote, urlsplit

import createrepo_c
import requests

from relengotron.lab.bits.solve import Candidate
from relengotron.lab.builder.tools.command import ToolFailed

TIMEOUT = (5, 60)


def fetch_primary(name: str, baseurl: str, folder: Path) -> Path:
    """The primary metadata of a repo, checked against its ``repomd.xml``: a mirror in motion is an error."""
    repomd_file = _fetch(f"{baseurl}/repodata/repomd.xml", folder / f"{name}-repomd.xml")
    try:
        repomd = createrepo_c.Repomd(str(repomd_file))
    except createrepo_c.CreaterepoCError as wrong:
        raise ToolFailed(f"error: Updating rpm-md repo '{name}': {wrong}") from wrong
    record = next((each for each in repomd.records if each.type == "primary"), None)
    if record is None:
        raise ToolFailed(f"error: Updating rpm-md repo '{name}': no primary metadata")
    place = folder / f"{name}-{Path(record.location_href).name}"
    return _checked(_fetch(f"{baseurl}/{record.location_href}", place), record.checksum, name)


def fetch_package(candidate: Candidate, baseurl: str, folder: Path) -> Path:
    """The package itself, checked against the checksum in the metadata; an earlier download is taken again."""
    place = folder / f"{candidate.sha256[:16]}-{Path(candidate.location).name}"
    if not place.is_file():
        _fetch(f"{baseurl}/{candidate.location}", place)
    return _checked(place, candidate.sha256, candidate.nevra)


def _fetch(url: str, place: Path) -> Path:
    parts = urlsplit(url)
    try:
        if parts.scheme == "file":
            shutil.copyfile(unquote(parts.path), place)
        elif parts.scheme in {"http", "https"}:
            place.write_bytes(_downloaded(url))
        else:
            raise ToolFailed(f"error: Cannot download {url}: unknown scheme {parts.scheme!r}")
    except (OSError, requests.RequestException) as refused:
        raise ToolFailed(f"error: Cannot download {url}: {refused}") from refused
    return place


def _downloaded(url: str) -> bytes:
    answer = requests.get(url, timeout=TIMEOUT)
    answer.raise_for_status()
    return answer.content


def _checked(place: Path, wanted: str, what: str) -> Path:
    found = hashlib.sha256(place.read_bytes()).hexdigest()
    if found != wanted:
        place.unlink()
        raise ToolFailed(f"error: Checksum of {what} is {found}, metadata say {wanted}")
    return place

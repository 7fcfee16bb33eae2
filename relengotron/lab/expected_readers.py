"""What should mirrors, caches and the download page be told by a push in the lab?"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from relengotron.lab.configuring import MODULE
from relengotron.lab.expected import REPO_OF, LanePlan, image_places
from relengotron.lab.flavours import FLAVOURS
from relengotron.lab.place import ARCHES

OSTREE = "atomic/repo"


def told(
    lanes: Iterable[LanePlan], urls: Mapping[str, str], published: Mapping[str, Any], website: str
) -> dict[str, Any]:
    """What the independent reader must find in file lists, on the page, and in the cache.

    ``published`` maps "release/request/artifact" of each image to its path, as in ``expected.expectation``.
    """
    lanes = tuple(lanes)
    images = [str(image["path"]) for image in published.values()]
    files = [*_repomds(lanes), *_refs(lanes), *images, *(f"{path}-CHECKSUM" for path in images)]
    places = [f"{lane.repo_path}/" for lane in lanes] + sorted({f"{path.rpartition('/')[0]}/" for path in images})
    return {
        "lists": [{"module": MODULE, "must_have": files, "must_be_there": places}],
        "pages": [{"path": website, "artifacts": list(_artifacts(lanes))}],
        "caches": [
            {"url": urls["cdn"], "paths": [*pointers(lanes, website), *(f"{path}-CHECKSUM" for path in images)]}
        ],
    }


def pointers(lanes: Iterable[LanePlan], website: str) -> list[str]:
    """What changes under its name with these pushes, known before they begin."""
    lanes = tuple(lanes)
    return [*_repomds(lanes), *_refs(lanes), f"{OSTREE}/summary", website]


def _repomds(lanes: Iterable[LanePlan]) -> Iterator[str]:
    return (f"{lane.repo_path}/{arch}/repodata/repomd.xml" for lane in lanes for arch in ARCHES)


def _refs(lanes: Iterable[LanePlan]) -> Iterator[str]:
    words = {flavour.artifact: flavour for flavour in FLAVOURS}
    for lane in lanes:
        for flavour in lane.flavours:
            yield f"{OSTREE}/refs/heads/{words[flavour].ref(lane.release, lane.request)}"


def _artifacts(lanes: Iterable[LanePlan]) -> Iterator[str]:
    lanes = tuple(lanes)
    for lane in lanes:
        name = f"F{lane.release}/{lane.request}"
        yield f"{name} f{lane.release}-{REPO_OF[lane.request]}"
        yield from (f"{name} {flavour}" for flavour in lane.flavours)
    for key in image_places(lanes):
        release, request, image = key.split("/")
        yield f"F{release}/{request} {image}"

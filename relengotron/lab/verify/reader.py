"""Is everything that was promised really there for anybody to read?"""

import tempfile
from functools import partial
from pathlib import Path

import requests

from relengotron.lab.verify.expectation import Expectation, FileExpected
from relengotron.lab.verify.images import check_checksums, check_image
from relengotron.lab.verify.readers import check_cache, check_list, check_page
from relengotron.lab.verify.reading import Web
from relengotron.lab.verify.report import Check, Report, judged
from relengotron.lab.verify.repos import check_repo
from relengotron.lab.verify.signatures import Keyring
from relengotron.lab.verify.tags import check_tags
from relengotron.lab.verify.tasks import check_tasks
from relengotron.lab.verify.trees import check_ref


def verify(base_url: str, expected: Expectation) -> Report:
    """Read all of it over HTTP and XML-RPC, as a stranger would, and say fact by fact what was found."""
    with tempfile.TemporaryDirectory(prefix="relengotron-verify-") as scratch, requests.Session() as session:
        return Report(tuple(_checks(Web(base_url, session), expected, Path(scratch))))


def _checks(web: Web, expected: Expectation, scratch: Path) -> list[Check]:
    checks: list[Check] = []
    key = None if expected.public_key is None else Keyring(Path(expected.public_key), _folder(scratch, "key"))
    for number, repo in enumerate(expected.repos):
        checks += check_repo(web, repo, _folder(scratch, f"repo-{number}"), key)
    for number, ref in enumerate(expected.refs):
        checks += check_ref(web, ref, _folder(scratch, f"ref-{number}"), key)
    for number, image in enumerate(expected.images):
        checks += check_image(web, image, _folder(scratch, f"image-{number}"), key)
    checks += [judged(path, partial(check_checksums, web, path)) for path in expected.checksums]
    checks += [judged(each.path, partial(_unchanged, web, each)) for each in expected.unchanged]
    for each in expected.lists:
        checks += check_list(web, each)
    for page in expected.pages:
        checks += check_page(web, page)
    for cache in expected.caches:
        checks += check_cache(web, cache)
    if expected.koji and expected.tasks is not None:
        checks += check_tasks(expected.koji, expected.koji_user, expected.tasks)
    if expected.koji:
        checks += check_tags(expected.koji, expected.tags)
    return checks


def _folder(scratch: Path, name: str) -> Path:
    folder = scratch / name
    folder.mkdir()
    return folder


def _unchanged(web: Web, each: FileExpected) -> str:
    web.must_be(each.path, "sha256", each.sha256)
    return "is unchanged"

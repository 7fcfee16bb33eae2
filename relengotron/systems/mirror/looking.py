"""What does a reader get who asks for a path over HTTP?"""

import hashlib
from collections.abc import Mapping

import requests

from relengotron.systems.mirror.port import Seen

CHUNK = 1 << 20


def seen_at(
    url: str,
    session: requests.Session,
    headers: Mapping[str, str],
    timeout: tuple[float, float],
    *,
    path: str,
    expected: str,
) -> Seen:
    """What stands there now, as ``path`` and beside what is expected.

    Raises:
        requests.RequestException: nobody answered, or not to the end.
    """
    with session.get(url, headers=headers, timeout=timeout, stream=True) as response:
        if response.status_code != requests.codes.ok:
            return Seen(path, response.status_code, None, 0, expected)
        digest, size = hashlib.sha256(), 0
        for chunk in response.iter_content(CHUNK):
            digest.update(chunk)
            size += len(chunk)
        return Seen(path, response.status_code, digest.hexdigest(), size, expected)

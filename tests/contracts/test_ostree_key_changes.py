"""After a key was changed, clients that trust the new one alone get what the repo shows, by deltas as well."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import cast

from relengotron.systems.ostree.client import OstreeCli
from relengotron.systems.ostree.deltas import make_deltas
from relengotron.systems.ostree.port import OstreeRepo
from relengotron.systems.ostree.signatures import sign_with
from relengotron.systems.ostree.signed import RepoKeys, SignedRepo
from relengotron.systems.signing.client.gpg import GpgSigner
from relengotron.workflows.trees.operation import Terms
from relengotron.workflows.trees.signing import signing
from tests.contracts.gpg_keys import Key, homes, make_key
from tests.contracts.test_ostree_repo import REF, commit

WHEN = datetime(2026, 5, 31, 12, 0, tzinfo=UTC)
TERMS = Terms(timedelta(), lambda: WHEN)


class Reading(SimpleHTTPRequestHandler):
    """A web server that says nothing of itself."""

    def log_message(self, *_words: object) -> None:
        return


@contextmanager
def shown_at(folder: Path) -> Iterator[str]:
    """The folder over HTTP: from a file system clients take no deltas."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Reading, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def client_of(url: str, key: Key, place: Path) -> list[str]:
    """How a machine pulls that trusts this key alone."""
    run = ["ostree", f"--repo={place}"]
    subprocess.run([*run, "init", "--mode=bare-user-only"], check=True)
    trust = (f"--gpg-import={key.public}", "--set=gpg-verify=true", "--set=gpg-verify-summary=true")
    subprocess.run([*run, "remote", "add", *trust, "mirror", url], check=True, capture_output=True)
    return [*run, "pull", "mirror", REF]


def test_deltas_that_were_made_before_there_was_the_new_key_are_made_anew(tmp_path: Path) -> None:
    """A delta carries the signatures that its commit had when it was made, and clients see no other."""
    repo = OstreeCli(tmp_path / "live")
    repo.init_archive()
    with homes() as place, shown_at(repo.path) as url:
        old, new = make_key(place, "old"), make_key(place, "new")
        outgoing = GpgSigner("outgoing", old.fingerprint, old.public, old.home)
        incoming = GpgSigner("incoming", new.fingerprint, new.public, new.home)
        live = cast(OstreeRepo, SignedRepo(repo, RepoKeys({REF: incoming})))
        first = commit(repo, "first")
        signing(live, TERMS).act()
        pull = client_of(url, new, tmp_path / "client")
        subprocess.run(pull, check=True, capture_output=True)

        second = commit(repo, "second")
        sign_with(repo, second, outgoing)
        make_deltas(repo, first, second, 1)
        signing(live, TERMS).act()
        assert len(repo.deltas()) == 1
        subprocess.run(pull, check=True, capture_output=True)

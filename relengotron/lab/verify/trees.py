"""Does a published ref give users a whole tree of the newest packages?"""

import ast
import re
import subprocess
from functools import partial
from pathlib import Path

from relengotron.lab.verify.expectation import RefExpected
from relengotron.lab.verify.reading import Web
from relengotron.lab.verify.report import Check, Wrong, judged
from relengotron.lab.verify.repos import fetch_metadata
from relengotron.lab.verify.signatures import Keyring
from relengotron.lab.verify.solver import Universe

_TIMEOUT = 300
_TYPE = re.compile(r"^@[a-z()]+\s+")


def check_ref(web: Web, expected: RefExpected, scratch: Path, key: Keyring | None = None) -> list[Check]:
    """Every check of one ref."""
    subject = f"{expected.repo} {expected.ref}"
    here = str(scratch / "pulled")
    pulled: list[str] = []
    checks = [judged(subject, lambda: _pull(web, expected, here, pulled, key))]
    if not pulled:
        return checks
    packages: list[tuple[str, ...]] = []
    checks.append(judged(subject, lambda: _fsck(here)))
    checks.append(judged(subject, lambda: _list(here, pulled[0], packages)))
    checks.append(judged(subject, lambda: _newest(web, expected, scratch, packages)))
    names = {text for row in packages for text in _spellings(*row)}
    checks += [judged(subject, partial(_has, wish, names)) for wish in expected.must_have_packages]
    return checks


def run_ostree(repo: str, *arguments: str) -> str:
    """What the command prints; wrong if it fails."""
    done = subprocess.run(
        ["ostree", f"--repo={repo}", *arguments],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=_TIMEOUT,
    )
    if done.returncode:
        raise Wrong(f"ostree {arguments[0]}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def _pull(web: Web, expected: RefExpected, here: str, pulled: list[str], key: Keyring | None) -> str:
    run_ostree(here, "init", "--mode=archive")
    run_ostree(here, "remote", "add", *_trust(key), "mirror", web.url(expected.repo))
    run_ostree(here, "pull", "mirror", expected.ref)
    commit = run_ostree(here, "rev-parse", f"mirror:{expected.ref}").strip()
    pulled.append(commit)
    if expected.commit not in {None, commit}:
        raise Wrong(f"shows commit {commit}, should show {expected.commit}")
    signed = "" if key is None else ", commit and summary signed"
    return f"pulled over HTTP, shows commit {commit}{signed}"


def _trust(key: Keyring | None) -> tuple[str, ...]:
    """A machine that has the key wants what it pulls to be signed by it."""
    if key is None:
        return ("--no-gpg-verify",)
    return (f"--gpg-import={key.public_key}", "--set=gpg-verify=true", "--set=gpg-verify-summary=true")


def _fsck(here: str) -> str:
    run_ostree(here, "fsck", "--quiet")
    return "every object is whole (ostree fsck)"


def _list(here: str, commit: str, packages: list[tuple[str, ...]]) -> str:
    printed = run_ostree(here, "show", "--print-metadata-key=rpmostree.rpmdb.pkglist", commit)
    rows = ast.literal_eval(_TYPE.sub("", printed.strip()))
    packages += [tuple(map(str, row)) for row in rows]
    if not packages:
        raise Wrong("the commit lists no packages")
    return f"the commit lists {len(packages)} packages"


def _newest(web: Web, expected: RefExpected, scratch: Path, packages: list[tuple[str, ...]]) -> str:
    universe = Universe(expected.arch)
    for number, path in enumerate(expected.repos):
        folder = scratch / f"repo-{number}"
        fetch_metadata(web, web.url(path.replace("$basearch", expected.arch)), folder)
        universe.add(f"repo-{number}", folder)
    newest = universe.newest()
    stale = [row for row in packages if newest.get(row[0]) != row[1:]]
    if stale:
        told = "; ".join(
            f"{'-'.join(row)} but the repos have {'-'.join(newest.get(row[0], ('none',)))}" for row in stale[:5]
        )
        raise Wrong(f"{len(stale)} packages are not the newest of the repos: {told}")
    return f"each of {len(packages)} packages is the newest of {len(expected.repos)} repos"


def _spellings(name: str, epoch: str, version: str, release: str, arch: str) -> set[str]:
    nvr = f"{name}-{version}-{release}"
    return {name, nvr, f"{nvr}.{arch}", f"{name}-{epoch}:{version}-{release}.{arch}"}


def _has(wish: str, names: set[str]) -> str:
    if wish not in names:
        raise Wrong(f"package {wish} is not in the tree")
    return f"has package {wish}"

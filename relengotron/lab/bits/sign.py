"""How do the lab's packages get real signatures?

Signing happens on a copy; what Koji wants is the signature header, which its client library can read from that copy.
The throw-away key lies beside the packages. An agent lives only while a batch is signed.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import koji

from relengotron.errors import Permanent

OWNER = "Lab of relengotron <lab@example.org>"
TIMEOUT = 120


def sign_packages(rpms: Sequence[Path], key_file: Path, jobs: int = 2) -> tuple[str, dict[Path, bytes]]:
    """Sign every package; the answer is the key id (8 hex digits) and the signature header of each package.

    Headers are kept beside the packages, so only new packages are signed again.
    """
    with _keyring(key_file) as home:
        key = _key_id(home)
        missing = [rpm for rpm in rpms if not _is_fresh(rpm, key)]
        batches = [missing[start::jobs] for start in range(jobs) if missing[start::jobs]]
        with ThreadPoolExecutor(max_workers=jobs) as pool:
            list(pool.map(lambda batch: _sign(batch, key, home), batches))
    return key, {rpm: _header_file(rpm, key).read_bytes() for rpm in rpms}


def _header_file(rpm: Path, key: str) -> Path:
    return rpm.with_name(f".{rpm.name}.{key}.sighdr")


def _is_fresh(rpm: Path, key: str) -> bool:
    header = _header_file(rpm, key)
    return header.is_file() and header.stat().st_mtime >= rpm.stat().st_mtime


@contextmanager
def _keyring(key_file: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="gpg-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        try:
            _open_key(home, key_file)
            yield home
        finally:
            _run(["gpgconf", "--kill", "gpg-agent"], home)


def _open_key(home: Path, key_file: Path) -> None:
    if key_file.exists():
        _run(["gpg", "--batch", "--quiet", "--import", str(key_file)], home)
        return
    _run(["gpg", "--batch", "--quiet", "--passphrase", "", "--quick-gen-key", OWNER, "ed25519", "sign", "never"], home)
    key_file.parent.mkdir(parents=True, exist_ok=True)
    _run(["gpg", "--batch", "--quiet", "--armor", "--export-secret-keys", "--output", str(key_file), OWNER], home)


def _key_id(home: Path) -> str:
    listing = _run(["gpg", "--batch", "--with-colons", "--list-keys"], home)
    fields = next(line.split(":") for line in listing.splitlines() if line.startswith("pub:"))
    return fields[4][-8:].lower()


def _sign(rpms: Sequence[Path], key: str, home: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="sign-") as folder:
        copies = {rpm: Path(folder) / f"{number}-{rpm.name}" for number, rpm in enumerate(rpms)}
        for rpm, copy in copies.items():
            shutil.copyfile(rpm, copy)
        options = ["--define", f"_gpg_name {key}", "--define", f"__gpg {shutil.which('gpg')}"]
        _run(["rpmsign", "--addsign", *options, *map(str, copies.values())], home)
        for rpm, copy in copies.items():
            _header_file(rpm, key).write_bytes(_ripped(copy, key))


def _ripped(copy: Path, key: str) -> bytes:
    header: bytes = koji.rip_rpm_sighdr(str(copy))
    if koji.get_sighdr_key(header) != key:
        raise Permanent(f"{copy.name} was not signed with {key}")
    return header


def _run(command: list[str], home: Path) -> str:
    done = subprocess.run(
        command,
        env={**os.environ, "GNUPGHOME": str(home), "GPG_TTY": "none", "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
    )
    if done.returncode:
        raise Permanent(f"{command[0]} ended with {done.returncode}: {done.stderr[-1000:]}")
    return done.stdout

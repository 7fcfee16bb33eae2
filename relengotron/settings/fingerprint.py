"""Is the configuration on disk still the one that the daemon has read?"""

import hashlib
from pathlib import Path


def fingerprint(directory: Path) -> str:
    """SHA-256 (its first 16 hex digits) over every YAML file below the directory, by name and bytes."""
    digest = hashlib.sha256()
    for file in sorted(directory.rglob("*.yaml")):
        digest.update(f"{file.relative_to(directory).as_posix()}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]

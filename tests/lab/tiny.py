"""Which tiny distribution do the tests of the lab build?"""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from relengotron.lab.bits.build import Built
from relengotron.lab.bits.catalogue import BROKEN
from relengotron.lab.bits.package import binary, source

REF = "lab/24/x86_64/host"
PACKAGES = (
    source("base-1-1", binary("base", gives="/bin/sh", files="/usr/etc/passwd", noarch=True)),
    source("shell-1.0-1", binary("shell", "base", files="/usr/bin/shell"), binary("shell-doc", "shell", noarch=True)),
    source("kernel-4.5-1", binary("kernel", "shell", files="/usr/lib/modules/@VRA@/vmlinuz")),
    BROKEN,
)
NEWER = (source("shell-1.1-1", binary("shell", "base", files="/usr/bin/shell"), binary("shell-doc", noarch=True)),)


@dataclass(frozen=True)
class TinyDistribution:
    """Its builds, the key they are signed with and the signature headers."""

    builds: tuple[Built, ...]
    key: str
    headers: dict[Path, bytes]

    def rpms(self, *, update: bool = False) -> list[Path]:
        return [rpm for build in self.builds if build.is_update == update for rpm in build.rpms]

    def write_repo(self, folder: Path, *, update: bool = False) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for rpm in self.rpms(update=update):
            if not rpm.name.endswith(".src.rpm"):
                (folder / rpm.name).write_bytes(rpm.read_bytes())
        command = ["createrepo_c", "--quiet", "--simple-md-filenames", "--general-compress-type", "gz", str(folder)]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        return folder

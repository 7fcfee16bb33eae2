"""Where does a lab keep its things? Every path of one lab, below one directory."""

import socket
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
RELEASES = ("24", "25")
ARCHES = ("x86_64", "i686")
TREE_ARCH = "x86_64"


@dataclass(frozen=True, slots=True)
class Place:
    """One lab on disk. ``packages`` outlives the lab: building the same RPMs again would be a waste of time."""

    root: Path

    @property
    def packages(self) -> Path:
        """RPMs as built, by NVR."""
        return self.root / "packages"

    @property
    def key_file(self) -> Path:
        """The throw-away signing key."""
        return self.root / "packages" / "signing-key.asc"

    @property
    def world(self) -> Path:
        """Everything that one life of the lab makes."""
        return self.root / "world"

    @property
    def koji(self) -> Path:
        """Koji's store."""
        return self.world / "koji"

    @property
    def compose(self) -> Path:
        """The compose store, seen by daemon and builder at the same path."""
        return self.world / "compose"

    @property
    def mirror(self) -> Path:
        """The master mirror."""
        return self.world / "pub"

    @property
    def website(self) -> str:
        """The file that download pages read, below the mirror."""
        return "website/releases.json"

    @property
    def live_ostree(self) -> Path:
        """The OSTree repo on the mirror."""
        return self.mirror / "atomic" / "repo"

    @property
    def mash_config(self) -> Path:
        """The builder's mash configuration."""
        return self.compose / "etc" / "mash" / "mash.conf"

    @property
    def config(self) -> Path:
        """The daemon's configuration."""
        return self.world / "config"

    @property
    def fedmsg_d(self) -> Path:
        """The hub's configuration."""
        return self.world / "fedmsg.d"

    @property
    def state(self) -> Path:
        """The daemon's own directory."""
        return self.world / "state"

    @property
    def secrets(self) -> Path:
        """Passwords, readable by us alone."""
        return self.world / "secrets"

    @property
    def gnupg(self) -> Path:
        """The home of the key that signs what is published."""
        return self.secrets / "gnupg"

    @property
    def artifacts_key(self) -> Path:
        """The public half of that key."""
        return self.world / "artifacts-key.asc"

    @property
    def keys(self) -> Path:
        """Certificates of a signed bus, with the authority that everybody trusts."""
        return self.world / "pki"

    @property
    def addresses(self) -> Path:
        """Where the services of a running lab are, as JSON."""
        return self.world / "lab.json"

    @property
    def log(self) -> Path:
        """What hub and lab write."""
        return self.world / "log"


def free_port() -> int:
    """A port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port

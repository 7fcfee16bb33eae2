"""Who vouches for whom on a signed bus? A certificate authority of the lab's own, in the layout that fedmsg reads."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from relengotron.systems.bus.x509.throwaway import ThrowAwayAuthority


@dataclass(frozen=True, slots=True)
class Authority:
    """A folder with ``ca.crt`` and a pair ``<name>.key``, ``<name>.crt`` for each name that was asked for."""

    folder: Path
    authority: ThrowAwayAuthority

    @classmethod
    def make(cls, folder: Path, common_name: str = "Lab CA") -> Self:
        """A new authority; its certificates are good for a day."""
        folder.mkdir(parents=True)
        made = cls(folder, ThrowAwayAuthority.make(common_name))
        made.ca_file.write_bytes(made.authority.pem)
        return made

    @property
    def ca_file(self) -> Path:
        """The certificate that everybody trusts."""
        return self.folder / "ca.crt"

    def sign_for(self, common_name: str) -> str:
        """Make the pair and give back the name that fedmsg's ``certnames`` wants."""
        pems = self.authority.issue(common_name)
        (self.folder / f"{common_name}.crt").write_bytes(pems.certificate)
        secret = self.folder / f"{common_name}.key"
        secret.touch(mode=0o600)
        secret.write_bytes(pems.key)
        return common_name

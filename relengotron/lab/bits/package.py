"""What is a source package, and which binary packages does it build?"""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Binary:
    """One binary package: what it needs, what it gives and which files it carries."""

    name: str
    requires: tuple[str, ...] = ()
    provides: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    noarch: bool = False
    scriptlet: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """One source package at one version; ``release`` is without the dist tag."""

    name: str
    version: str
    release: str
    binaries: tuple[Binary, ...]
    summary: str = ""
    epoch: int | None = None

    @property
    def is_noarch(self) -> bool:
        """Whether every binary of it is noarch, so that one build serves all arches."""
        return all(each.noarch for each in self.binaries)

    def at(self, version: str, release: str = "1") -> "Source":
        """The same package at another version."""
        return replace(self, version=version, release=release)

    def version_in(self, distribution: str) -> str:
        """The version in one distribution release; ``@N@`` in it stands for the number of that release."""
        return self.version.replace("@N@", distribution)

    def nvr(self, distribution: str) -> str:
        """Name, version and release for one distribution release such as ``24``."""
        return f"{self.name}-{self.version_in(distribution)}-{self.release}.fc{distribution}"


@dataclass(frozen=True, slots=True)
class Update:
    """One planned update: its sources and the way Bodhi describes it."""

    title: str
    sources: tuple[Source, ...]
    kind: str
    request: str
    notes: str
    bugs: tuple[int, ...] = ()
    cves: tuple[str, ...] = ()
    severity: str = "unspecified"
    signed_copy_written: bool = True


def words(text: str) -> tuple[str, ...]:
    """The parts of a comma-separated list."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def binary(name: str, needs: str = "", gives: str = "", files: str = "", *, noarch: bool = False) -> Binary:
    """A binary package with its lists written as comma-separated text; it always carries a file of its own."""
    own = (f"/usr/share/doc/{name}/README", *words(files))
    return Binary(name, words(needs), words(gives), own, noarch)


def source(nvr: str, *binaries: Binary, summary: str = "", epoch: int | None = None) -> Source:
    """A source package named by ``name-version-release`` without the dist tag."""
    name, version, release = nvr.rsplit("-", 2)
    return Source(name, version, release, binaries, summary or f"The {name} package", epoch)

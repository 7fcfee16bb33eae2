"""How do the tools read and write an OSTree repo?"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from relengotron.lab.bits.solve import Candidate
from relengotron.lab.builder.tools.command import ToolFailed, run

COMMIT = re.compile(r"[0-9a-f]{64}")
REF = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*(/[A-Za-z0-9_][A-Za-z0-9_.+-]*)*")


def ostree(repo: Path, verb: str, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """What one ostree command prints, without the last line end."""
    return run(["ostree", f"--repo={repo}", verb, *arguments], environment).rstrip("\n")


def check_repo(repo: Path) -> None:
    """Fail as the real tools do when there is no repo."""
    if not (repo / "objects").is_dir():
        raise ToolFailed(f"error: opening repo: opendir({repo}): No such file or directory")


def check_ref(ref: str) -> str:
    """The ref, unless its name could be taken for something else."""
    if not REF.fullmatch(ref) or ".." in ref:
        raise ToolFailed(f"error: Invalid ref name {ref}")
    return ref


def head(repo: Path, ref: str) -> str | None:
    """The commit a ref points to, or None."""
    try:
        return ostree(repo, "rev-parse", ref)
    except ToolFailed as failure:
        if "not found" in str(failure):
            return None
        raise


def metadata(repo: Path, commit: str, key: str) -> str | None:
    """A metadata value as GVariant text, a plain string without its quotes; None if the key is absent."""
    try:
        text = ostree(repo, "show", f"--print-metadata-key={key}", commit)
    except ToolFailed:
        return None
    return text[1:-1] if text[:1] in {"'", '"'} else text


def show(repo: Path, commit: str) -> dict[str, str]:
    """The header lines of ``ostree show``, such as ContentChecksum and Date."""
    lines = (line.partition(":") for line in ostree(repo, "show", commit).splitlines())
    return {key.strip(): value.strip() for key, mark, value in lines if mark}


def pkglist_text(packages: Iterable[Candidate]) -> str:
    """The package list in the GVariant text form of ``rpmostree.rpmdb.pkglist``: a(sssss)."""
    rows = ((each.name, each.epoch, each.version, each.release, each.arch) for each in sorted(packages))
    body = ", ".join("(" + ", ".join(f"'{_plain(field)}'" for field in row) + ")" for row in rows)
    return f"@a(sssss) [{body}]"


def _plain(field: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.+~^-]+", field):
        raise ToolFailed(f"error: {field!r} is no part of a package name")
    return field


def read_pkglist(repo: Path, commit: str) -> list[tuple[str, str, str, str, str]]:
    """The package list of a commit; empty if it has none."""
    text = metadata(repo, commit, "rpmostree.rpmdb.pkglist") or ""
    fields = re.findall(r"'([^']*)'", text)
    return [(a, b, c, d, e) for a, b, c, d, e in zip(*[iter(fields)] * 5, strict=True)]

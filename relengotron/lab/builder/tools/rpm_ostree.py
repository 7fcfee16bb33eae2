"""What does ``rpm-ostree compose tree`` do in the lab?

It solves, downloads, unpacks and commits for real; scriptlets are not run and there is no SELinux labelling.
"""

import argparse
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from relengotron.lab.bits.solve import Candidate, Unsolvable, solve
from relengotron.lab.builder.tools.command import Arguments, ToolFailed, say
from relengotron.lab.builder.tools.ostree_cli import (
    check_ref,
    check_repo,
    head,
    metadata,
    ostree,
    pkglist_text,
    read_pkglist,
    show,
)
from relengotron.lab.builder.tools.rootfs import unpack
from relengotron.lab.builder.tools.rpmmd import fetch_package, fetch_primary
from relengotron.lab.builder.tools.treefile import Treefile, expand, read_treefile

INPUT_HASH = "rpmostree.inputhash"


def main(argv: Sequence[str], out: TextIO) -> int:
    """Compose one tree; 0 for a new commit AND for no change, 1 for any error."""
    try:
        _Compose(_arguments(argv), out).go()
    except ToolFailed as failure:
        say(out, str(failure))
        return failure.status
    return 0


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = Arguments("rpm-ostree", add_help=False)
    parser.add_argument("compose", choices=["compose"])
    parser.add_argument("tree", choices=["tree"])
    for option in ("repo", "cachedir", "workdir", "write-commitid-to", "write-composejson-to", "touch-if-changed"):
        parser.add_argument(f"--{option}", type=Path, required=option == "repo")
    for option in ("previous-commit", "previous-inputhash", "previous-version", "parent"):
        parser.add_argument(f"--{option}")
    for option in ("force-nocache", "dry-run", "print-only", "unified-core", "no-parent"):
        parser.add_argument(f"--{option}", action="store_true")
    parser.add_argument("--add-metadata-string", action="append", default=[])
    parser.add_argument("treefile", type=Path)
    return parser.parse_args(argv)


@dataclass(slots=True)
class _Compose:
    given: argparse.Namespace
    out: TextIO

    def go(self) -> None:
        """From the treefile to the commit, or to the reason why none is needed."""
        treefile = read_treefile(self.given.treefile)
        ref = check_ref(treefile.ref)
        if self.given.print_only:
            say(self.out, treefile.hashed)
            return
        check_repo(self.given.repo)
        previous = self._previous(ref)
        say(self.out, f"Previous commit: {previous}" if previous else f"No previous commit for {ref}")
        with tempfile.TemporaryDirectory(prefix="rpm-ostree-") as scratch:
            self._compose(treefile, ref, previous, Path(scratch))

    def _previous(self, ref: str) -> str | None:
        wanted = self.given.previous_commit or self.given.parent
        return head(self.given.repo, wanted) if wanted else head(self.given.repo, ref)

    def _compose(self, treefile: Treefile, ref: str, previous: str | None, scratch: Path) -> None:
        packages = self._solve(treefile, scratch)
        inputhash = _input_hash(treefile, packages)
        say(self.out, f"Input state hash: {inputhash}")
        if inputhash == self._previous_hash(previous) and not self.given.force_nocache:
            say(self.out, "No apparent changes since previous commit")
            return
        if self.given.dry_run:
            self._touch()
            say(self.out, "--dry-run complete")
            return
        self._unpack(treefile, packages, scratch)
        version = self._version(treefile, previous)
        commit = self._commit(ref, previous, packages, inputhash, version, scratch / "root")
        self._tell(ref, previous, commit, inputhash, version, packages)

    def _solve(self, treefile: Treefile, scratch: Path) -> list[Candidate]:
        primaries = {}
        for name, baseurl in treefile.baseurls.items():
            say(self.out, f"Updating metadata for '{name}'")
            primaries[name] = fetch_primary(name, baseurl, scratch)
        try:
            packages = solve(
                primaries,
                treefile.packages,
                treefile.arch,
                exclude=treefile.content.get("exclude-packages", ()),
                recommends=treefile.content.get("recommends", True),
            )
        except Unsolvable as cannot:
            raise ToolFailed(_explain(cannot)) from cannot
        say(self.out, f"Installing {len(packages)} packages:")
        for each in packages:
            say(self.out, f"  {each.nevra} ({each.repo})")
        return packages

    def _previous_hash(self, previous: str | None) -> str | None:
        if self.given.previous_inputhash:
            return str(self.given.previous_inputhash)
        return metadata(self.given.repo, previous, INPUT_HASH) if previous else None

    def _unpack(self, treefile: Treefile, packages: Sequence[Candidate], scratch: Path) -> None:
        store = self.given.cachedir or scratch
        store.mkdir(parents=True, exist_ok=True)
        say(self.out, f"Downloading {len(packages)} packages")
        rpms = [(each, fetch_package(each, treefile.baseurls[each.repo], store)) for each in packages]
        say(self.out, "Unpacking and running scriptlets")
        unpack(rpms, scratch / "root")
        self._add_files(treefile, scratch / "root")

    @staticmethod
    def _add_files(treefile: Treefile, root: Path) -> None:
        for source, place in treefile.added:
            goal = root / place.lstrip("/")
            if not goal.resolve().is_relative_to(root.resolve()):
                raise ToolFailed(f"error: add-files: {place} leads out of the tree")
            goal.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, goal)

    def _version(self, treefile: Treefile, previous: str | None) -> str:
        given = dict(_pair(text) for text in self.given.add_metadata_string)
        if "version" in given:
            return given["version"]
        prefix = expand(str(treefile.content.get("automatic-version-prefix", "")), treefile.content)
        last = self.given.previous_version or (metadata(self.given.repo, previous, "version") if previous else None)
        return _next_version(prefix, last or "") if prefix else ""

    def _commit(
        self, ref: str, previous: str | None, packages: list[Candidate], inputhash: str, version: str, root: Path
    ) -> str:
        strings = {INPUT_HASH: inputhash, **dict(_pair(text) for text in self.given.add_metadata_string)}
        if version:
            strings["version"] = version
        parent = "none" if previous is None or self.given.no_parent else previous
        where = ["--orphan"] if self.given.write_commitid_to else [f"--branch={ref}"]
        date = datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH") or time.time()), UTC)
        return ostree(
            self.given.repo,
            "commit",
            *where,
            f"--parent={parent}",
            f"--tree=dir={root}",
            "--owner-uid=0",
            "--owner-gid=0",
            "--no-xattrs",
            "--no-bindings",
            "--fsync=false",
            f"--timestamp={date.isoformat()}",
            *(f"--add-metadata-string={key}={value}" for key, value in sorted(strings.items())),
            f"--add-metadata=rpmostree.rpmdb.pkglist={pkglist_text(packages)}",
        )

    def _tell(
        self,
        ref: str,
        previous: str | None,
        commit: str,
        inputhash: str,
        version: str,
        packages: Sequence[Candidate],
    ) -> None:
        if self.given.write_commitid_to:
            self.given.write_commitid_to.write_text(commit, encoding="ascii")
            say(self.out, f"Wrote commit: {commit}")
        else:
            say(self.out, f"{ref} => {commit}")
        if self.given.write_composejson_to:
            about = self._composejson(ref, previous, commit, inputhash, version, packages)
            self.given.write_composejson_to.write_text(json.dumps(about, indent=1), encoding="utf-8")
        self._touch()

    def _composejson(
        self,
        ref: str,
        previous: str | None,
        commit: str,
        inputhash: str,
        version: str,
        packages: Sequence[Candidate],
    ) -> dict[str, object]:
        facts = show(self.given.repo, commit)
        before = read_pkglist(self.given.repo, previous) if previous else []
        return {
            "ref": ref,
            "ostree-commit": commit,
            "ostree-content-checksum": facts.get("ContentChecksum", ""),
            "ostree-version": version,
            "ostree-timestamp": facts.get("Date", ""),
            "ostree-parent-commit": previous,
            "rpm-ostree-inputhash": inputhash,
            "pkgdiff": _difference(before, packages) if previous else [],
        }

    def _touch(self) -> None:
        if self.given.touch_if_changed:
            self.given.touch_if_changed.touch()


def _explain(cannot: Unsolvable) -> str:
    if cannot.missing:
        return f"error: Packages not found: {', '.join(cannot.missing)}"
    lines = "".join(f"\n Problem {number}: {text}" for number, text in enumerate(cannot.problems, 1))
    return f"error: Could not depsolve transaction; {len(cannot.problems)} problems detected:{lines}"


def _input_hash(treefile: Treefile, packages: Sequence[Candidate]) -> str:
    text = "\n".join([treefile.hashed, *(f"install {each.nevra} {each.sha256}" for each in packages)])
    return hashlib.sha256(text.encode()).hexdigest()


def _pair(text: str) -> tuple[str, str]:
    key, mark, value = text.partition("=")
    if not mark or not key:
        raise ToolFailed(f"error: Missing '=' in {text!r}")
    return key, value


def _next_version(prefix: str, last: str) -> str:
    """``24`` gives 24, 24.1, 24.2 ... as the automatic prefix of a treefile does."""
    if last == prefix:
        return f"{prefix}.1"
    tail = last.removeprefix(f"{prefix}.")
    return f"{prefix}.{int(tail) + 1}" if tail != last and tail.isdigit() else prefix


def _difference(
    before: Sequence[tuple[str, str, str, str, str]], packages: Sequence[Candidate]
) -> list[dict[str, str | None]]:
    def versions(rows: Sequence[tuple[str, str, str, str, str]]) -> dict[str, str]:
        return {f"{name}.{arch}": f"{epoch}:{version}-{release}" for name, epoch, version, release, arch in rows}

    old = versions(before)
    new = versions([(each.name, each.epoch, each.version, each.release, each.arch) for each in packages])
    changed = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    return [{"name": name, "previous": old.get(name), "new": new.get(name)} for name in changed]

"""What does the compose tool ``mash`` do in the lab?

The tree is built from one anonymous ``listTaggedRPMS`` call and the signed copies in Koji's store. Multilib selection
and delta packages are left out; their options are read and have no effect.
"""

import argparse
import os
import shutil
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TextIO

import koji

from relengotron.lab.builder.tools.command import Arguments, ToolFailed, run, say
from relengotron.lab.builder.tools.mash_config import Distribution, read_config
from relengotron.lab.builder.tools.mash_packages import Choice, choose

HUB_TIMEOUT = 60


def main(argv: Sequence[str], out: TextIO) -> int:
    """Make the repos of one tag; 0 only if every arch is complete."""
    try:
        _compose(_arguments().parse_args(argv), out)
    except ToolFailed as failure:
        _log(out, f"ERROR: {failure}")
        return failure.status
    return 0


def _arguments() -> Arguments:
    parser = Arguments("mash", add_help=False)
    parser.add_argument("-o", "--outputdir", required=True, type=Path)
    parser.add_argument("-c", "--config", required=True, type=Path)
    parser.add_argument("-f", "--compsfile", type=Path)
    parser.add_argument("-p", "--previous", type=Path)
    parser.add_argument("--no-delta", action="store_true")
    parser.add_argument("name")
    return parser


def _compose(given: argparse.Namespace, out: TextIO) -> None:
    distribution = read_config(given.config, given.name)
    root = given.outputdir / distribution.output_subdir
    if root.exists():
        shutil.rmtree(root)
    choices = _select(distribution, out)
    _write_tree(distribution, choices, root, given.compsfile, out)


def _select(distribution: Distribution, out: TextIO) -> list[Choice]:
    _log(out, f"Getting package lists for {distribution.tag}...")
    session = koji.ClientSession(distribution.buildhost, {"timeout": HUB_TIMEOUT, "anon_retry": True, "max_retries": 2})
    try:
        rpms, builds = session.listTaggedRPMS(
            distribution.tag, inherit=distribution.inherit, latest=distribution.latest, rpmsigs=True
        )
    except (koji.GenericError, OSError) as refused:
        raise ToolFailed(f"cannot list {distribution.tag}: {refused}") from refused
    _log(out, "Sorting packages...")
    choices = choose(rpms, builds, distribution)
    _log(out, "Checking signatures...")
    _check_signatures(choices, distribution, out)
    return choices


def _check_signatures(choices: list[Choice], distribution: Distribution, out: TextIO) -> None:
    if not distribution.keys:
        return
    bad = [choice for choice in choices if choice.sigkey not in distribution.keys]
    for choice in bad:
        signed = choice.sigkey or "no key"
        _log(out, f"WARNING: package {choice.nevra} is not signed with a preferred key (signed with {signed})")
    if bad and distribution.strict_keys:
        raise ToolFailed(f"{len(bad)} packages are not signed with a preferred key")


def _write_tree(distribution: Distribution, choices: list[Choice], root: Path, comps: Path | None, out: TextIO) -> None:
    folders = {arch: distribution.folders(arch) for arch in distribution.arches}
    plans = [
        (root / packages, root / repodata, [choice for choice in choices if choice.fits(arch)], comps)
        for arch, (packages, repodata) in folders.items()
    ]
    if distribution.source:
        sources = root / distribution.source_path.rstrip("/")
        plans.append((sources, sources, [choice for choice in choices if choice.arch == "src"], None))
    with ThreadPoolExecutor(max_workers=2) as pool:
        _log(out, "Waiting for file copy and createrepo to finish...")
        for packages, _, wanted, _ in plans:
            _log(out, f"Writing out files for {packages} ({len(wanted)} packages)...")
        list(pool.map(lambda plan: write_repo(*plan, hashed=distribution.hash_packages), plans))
    _log(out, "Depsolve and createrepo finished.")


def write_repo(packages: Path, repodata: Path, choices: Iterable[Choice], comps: Path | None, *, hashed: bool) -> None:
    """Link the packages into their folder and make the metadata, in which equal content gives equal checksums."""
    packages.mkdir(parents=True, exist_ok=True)
    newest = 0
    for choice in choices:
        folder = packages / choice.name[0].lower() if hashed else packages
        folder.mkdir(exist_ok=True)
        _link(choice.path, folder / choice.path.name)
        newest = max(newest, choice.buildtime)
    groups = ["--groupfile", str(comps.absolute())] if comps else []
    stable = ["--revision", str(newest), "--set-timestamp-to-revision"]
    quick = ["--no-database", "--unique-md-filenames", "--general-compress-type", "gz", "--workers", "2"]
    run(["createrepo_c", "--quiet", *stable, *quick, *groups, str(repodata)])


def _link(origin: Path, place: Path) -> None:
    if not origin.is_file():
        raise ToolFailed(f"{origin} does not exist: was its signed copy written?")
    try:
        os.link(origin, place)
    except OSError:
        shutil.copy2(origin, place)


def _log(out: TextIO, text: str) -> None:
    say(out, f"{time.strftime('%Y-%m-%d %H:%M:%S')} mash: {text}")

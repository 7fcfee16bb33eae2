"""Does mash take the right copies, refuse the wrong ones and write repos that can be repeated?"""

import hashlib
import io
from pathlib import Path
from typing import Any

import createrepo_c
import koji
import pytest

from relengotron.lab.builder.tools import mash
from tests.lab.tiny import TinyDistribution


class TagListing:
    """A hub that knows one tag."""

    def __init__(self, rpms: list[dict[str, Any]], builds: list[dict[str, Any]]) -> None:
        self.rpms, self.builds = rpms, builds

    def listTaggedRPMS(self, tag: str, **_options: Any) -> list[list[dict[str, Any]]]:
        return [self.rpms, self.builds]


@pytest.fixture
def store(tiny: TinyDistribution, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Koji store with the first builds, all signed and written, and a hub that lists them."""
    topdir = tmp_path / "koji"
    paths = koji.PathInfo(topdir=str(topdir))
    rows: list[dict[str, Any]] = []
    builds: list[dict[str, Any]] = []
    for number, build in enumerate(each for each in tiny.builds if not each.is_update):
        name, version, release = build.nvr.rsplit("-", 2)
        builds.append(
            {"build_id": number, "name": name, "version": version, "release": release, "volume_name": "DEFAULT"}
        )
        for rpm in build.rpms:
            base, version, tail = rpm.name.removesuffix(".rpm").rsplit("-", 2)
            row = {"id": len(rows), "name": base, "version": version, "build_id": number, "buildtime": 1466467200}
            row |= dict(zip(("release", "arch"), tail.rsplit(".", 1), strict=True))
            rows += [{**row, "sigkey": ""}, {**row, "sigkey": tiny.key}]
            home = Path(paths.build(builds[-1]))
            for place in (home / paths.rpm(row), home / paths.signed(row, tiny.key)):
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(rpm.read_bytes())
    monkeypatch.setattr(koji, "ClientSession", lambda *_: TagListing(rows, builds))
    return topdir


def configure(folder: Path, store: Path, key: str, extra: str = "") -> Path:
    main = folder / "mash.conf"
    main.write_text(f"[defaults]\nconfigdir = {folder}\nbuildhost = http://hub\nrepodir = {store}\n")
    (folder / "f24.mash").write_text(
        f"[f24]\nrpm_path = %(arch)s/\nsource_path = SRPMS/\ntag = f24\ninherit = False\nstrict_keys = True\n"
        f"keys = {key}\narches = i386 x86_64\nmultilib = False\n{extra}"
    )
    return main


def run(config: Path, outdir: Path) -> tuple[int, str]:
    out = io.StringIO()
    return mash.main(["-o", str(outdir), "-c", str(config), "--no-delta", "f24"], out), out.getvalue()


def names(folder: Path) -> set[str]:
    repomd = createrepo_c.Repomd(str(folder / "repodata" / "repomd.xml"))
    primary = next(record for record in repomd.records if record.type == "primary")
    packages: list[Any] = []
    createrepo_c.xml_parse_primary(str(folder / primary.location_href), pkgcb=packages.append, do_files=False)
    return {package.nevra() for package in packages}


def test_every_arch_gets_its_packages_and_noarch(tiny: TinyDistribution, store: Path, tmp_path: Path) -> None:
    status, log = run(configure(tmp_path, store, tiny.key), tmp_path / "out")
    tree = tmp_path / "out" / "f24"
    assert status == 0
    assert names(tree / "i386") == {"base-0:1-1.fc24.noarch", "shell-doc-0:1.0-1.fc24.noarch"}
    assert "shell-0:1.0-1.fc24.x86_64" in names(tree / "x86_64")
    assert "shell-0:1.0-1.fc24.src" in names(tree / "SRPMS")
    assert "mash: Getting package lists for f24..." in log
    assert "mash: Depsolve and createrepo finished." in log


def test_packages_are_hard_links_to_the_signed_copies(tiny: TinyDistribution, store: Path, tmp_path: Path) -> None:
    run(configure(tmp_path, store, tiny.key), tmp_path / "out")
    link = tmp_path / "out" / "f24" / "x86_64" / "shell-1.0-1.fc24.x86_64.rpm"
    origin = store / f"packages/shell/1.0/1.fc24/data/signed/{tiny.key}/x86_64" / link.name
    assert link.samefile(origin)


def test_equal_content_gives_equal_metadata(tiny: TinyDistribution, store: Path, tmp_path: Path) -> None:
    config = configure(tmp_path, store, tiny.key)
    for folder in ("a", "b"):
        run(config, tmp_path / folder)
    repomds = [tmp_path / folder / "f24" / "x86_64" / "repodata" / "repomd.xml" for folder in ("a", "b")]
    first, second = (hashlib.sha256(repomd.read_bytes()).hexdigest() for repomd in repomds)
    assert first == second


def test_a_former_tree_is_removed_first(tiny: TinyDistribution, store: Path, tmp_path: Path) -> None:
    left = tmp_path / "out" / "f24" / "left-over"
    left.mkdir(parents=True)
    run(configure(tmp_path, store, tiny.key), tmp_path / "out")
    assert not left.exists()


def test_strict_keys_name_the_unsigned_packages_and_write_nothing(
    tiny: TinyDistribution, store: Path, tmp_path: Path
) -> None:
    status, log = run(configure(tmp_path, store, "deadbeef"), tmp_path / "out")
    assert status == 1
    assert f"is not signed with a preferred key (signed with {tiny.key})" in log
    assert not (tmp_path / "out" / "f24").exists()


def test_a_signed_copy_that_was_not_written_is_an_error(tiny: TinyDistribution, store: Path, tmp_path: Path) -> None:
    (store / f"packages/shell/1.0/1.fc24/data/signed/{tiny.key}/x86_64/shell-1.0-1.fc24.x86_64.rpm").unlink()
    status, log = run(configure(tmp_path, store, tiny.key), tmp_path / "out")
    assert status == 1
    assert "ERROR" in log
    assert "was its signed copy written?" in log


def test_without_keys_the_unsigned_copies_are_taken(tiny: TinyDistribution, store: Path, tmp_path: Path) -> None:
    status, _ = run(configure(tmp_path, store, "", "hash_packages = True\n"), tmp_path / "out")
    place = tmp_path / "out" / "f24" / "x86_64" / "s" / "shell-1.0-1.fc24.x86_64.rpm"
    assert status == 0
    assert place.samefile(store / "packages/shell/1.0/1.fc24/x86_64" / place.name)


def test_a_missing_configuration_is_an_error(tmp_path: Path) -> None:
    status, log = run(tmp_path / "nowhere.conf", tmp_path / "out")
    assert status == 1
    assert "does not exist" in log


def test_an_unknown_distribution_is_an_error(store: Path, tmp_path: Path) -> None:
    config = configure(tmp_path, store, "")
    (tmp_path / "f24.mash").unlink()
    assert run(config, tmp_path / "out")[0] == 1

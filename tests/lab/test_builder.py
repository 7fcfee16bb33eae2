"""Does the stand-in builder carry out what the hub asks, and report it as a real one does?"""

import io
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import koji
import pytest

from relengotron.lab.bits.seed import POLICIES, Signatures, seed_koji
from relengotron.lab.bits.upload import upload_file
from relengotron.lab.builder import runroot
from relengotron.lab.builder.builder import Builder
from relengotron.lab.builder.tools import rpm_ostree
from relengotron.lab.builder.tools.command import say
from relengotron.lab.builder.tools.ostree_cli import ostree
from relengotron.lab.web import WebServer
from relengotron.systems.koji.simulated.app import wsgi_app
from relengotron.systems.koji.simulated.hub import Hub
from tests.lab.tiny import REF, TinyDistribution

SHELL = "shell-1.1-1.fc24"


@dataclass(frozen=True)
class Lab:
    """A seeded hub on loopback with its builder and a client for the daemon's user."""

    url: str
    topdir: Path
    compose_dir: Path
    builder: Builder
    bot: koji.ClientSession
    key: str

    def finish(self, task: int) -> Any:
        """Let the builder work until nothing is free; the result of the task, its fault raised."""
        while self.builder.run_once():
            pass
        return self.bot.getTaskResult(task)

    def log(self, task: int) -> str:
        return str(self.bot.downloadTaskOutput(task, "runroot.log").decode())


@pytest.fixture(scope="module")
def lab(tiny: TinyDistribution, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    topdir, compose_dir = (tmp_path_factory.mktemp(name) for name in ("koji", "compose"))
    hub = Hub.empty(topdir=topdir, policies=POLICIES)
    server = WebServer(wsgi_app(hub)).start()
    url = f"{server.url}/kojihub"
    admin, bot, host = (
        koji.ClientSession(url, {"user": user, "password": password, "timeout": 60, "max_retries": 1})
        for user, password in (("admin", "adminpw"), ("relengotron", "botpw"), ("builder1", "hostpw"))
    )
    admin.login()
    seed_koji(admin, tiny.builds, Signatures(tiny.key, tiny.headers), topdir)
    bot.login()
    builder = Builder(host, topdir, compose_dir)
    yield Lab(url, topdir, compose_dir, builder, bot, tiny.key)
    builder.stop()
    for session in (admin, bot, host):
        session.logout()
        session.rsession.close()
    server.close()


def configure_mash(lab: Lab, name: str) -> Path:
    main = lab.compose_dir / "mash.conf"
    main.write_text(f"[defaults]\nconfigdir = {lab.compose_dir}\nbuildhost = {lab.url}\nrepodir = {lab.topdir}\n")
    (lab.compose_dir / f"{name}.mash").write_text(
        f"[{name}]\ninherit = False\nstrict_keys = True\nkeys = {lab.key}\narches = x86_64\nmultilib = False\n"
    )
    return main


def test_every_build_is_signed_written_and_tagged(lab: Lab) -> None:
    rpms, builds = lab.bot.listTaggedRPMS("f24", rpmsigs=True)
    signed = {rpm["id"] for rpm in rpms if rpm["sigkey"] == lab.key}
    assert {build["nvr"] for build in builds} >= {SHELL, "kernel-4.5-1.fc24"}
    assert signed == {rpm["id"] for rpm in rpms}
    assert len(list(lab.topdir.glob(f"packages/*/*/*/data/signed/{lab.key}/*/*.rpm"))) == len(signed)


def test_a_mash_task_makes_a_repo(lab: Lab) -> None:
    config = configure_mash(lab, "f24")
    task = lab.bot.runroot("f24-build", "x86_64", ["mash", "-o", str(lab.compose_dir), "-c", str(config), "f24"])
    assert lab.finish(task) == "mash completed successfully"
    assert "mash: Depsolve and createrepo finished." in lab.log(task)
    assert (lab.compose_dir / "f24" / "x86_64" / "repodata" / "repomd.xml").is_file()


def test_a_failing_command_gives_a_buildroot_error_with_its_status(lab: Lab) -> None:
    task = lab.bot.runroot("f24-build", "x86_64", f"mash -o {lab.compose_dir} -c {lab.compose_dir}/none.conf f24")
    with pytest.raises(koji.BuildrootError, match="exit status 1"):
        lab.finish(task)
    assert "does not exist" in lab.log(task)


def test_there_is_no_shell_in_the_build_root(lab: Lab) -> None:
    task = lab.bot.runroot("f24-build", "x86_64", "touch /tmp/x && mash")
    with pytest.raises(koji.BuildrootError, match="exit status 127"):
        lab.finish(task)


@pytest.mark.parametrize(
    "command",
    [
        "mash -o /srv/elsewhere -c x f24",
        "rpm-ostree compose tree --repo=/srv/a=b x",
        "lorax --add-template-var=ostree_repo=file:///srv x",
    ],
)
def test_paths_outside_of_the_mounts_are_not_there(lab: Lab, command: str) -> None:
    task = lab.bot.runroot("f24-build", "x86_64", command)
    with pytest.raises(koji.BuildrootError, match="exit status 1"):
        lab.finish(task)
    assert "not mounted in the build root" in lab.log(task)


def test_an_option_the_builder_does_not_know_fails_the_task(lab: Lab) -> None:
    task = lab.bot.runroot("f24-build", "x86_64", "mash", use_shell=True)
    with pytest.raises(koji.ParameterError, match="use_shell"):
        lab.finish(task)


def test_a_task_for_another_arch_stays_free(lab: Lab) -> None:
    task = lab.bot.runroot("f24-build", "sparc", "mash")
    while lab.builder.run_once():
        pass
    assert lab.bot.getTaskInfo(task)["state"] == koji.TASK_STATES["FREE"]
    lab.bot.cancelTask(task)


def test_a_build_is_moved_by_its_task(lab: Lab) -> None:
    lab.finish(lab.bot.tagBuild("f24-updates-pending", SHELL))
    lab.finish(lab.bot.moveBuild("f24-updates-pending", "f24-updates", SHELL))
    assert {tag["name"] for tag in lab.bot.listTags(build=SHELL)} == {"f24", "f24-updates"}


def test_a_move_from_the_wrong_tag_fails_with_the_fault_of_the_hub(lab: Lab) -> None:
    with pytest.raises(koji.TagError, match="not in tag"):
        lab.finish(lab.bot.moveBuild("f24-updates-pending", "f24-updates-testing", SHELL))


def test_a_chain_of_moves_comes_to_an_end(lab: Lab) -> None:
    lab.finish(lab.bot.tagBuild("f24-updates-candidate", SHELL))
    tasks = lab.bot.moveAllBuilds("f24-updates-candidate", "f24-updates-testing", "shell")
    lab.finish(tasks[-1])
    assert "f24-updates-testing" in {tag["name"] for tag in lab.bot.listTags(build=SHELL)}


def test_a_new_repo_becomes_ready(lab: Lab) -> None:
    repo, _event = lab.finish(lab.bot.newRepo("f24-build"))
    assert lab.bot.repoInfo(repo)["state"] == koji.REPO_STATES["READY"]


def test_a_cancelled_task_is_abandoned_at_its_next_line(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    started, goes_on = threading.Event(), threading.Event()

    def slow_mash(_argv: Any, out: Any) -> int:
        say(out, "first")
        started.set()
        goes_on.wait(10)
        say(out, "never written")
        return 0

    monkeypatch.setattr(runroot, "TOOLS", {"mash": slow_mash})
    task = lab.bot.runroot("f24-build", "x86_64", "mash")
    lab.builder.run_once(wait=False)
    assert started.wait(10)
    lab.bot.cancelTask(task)
    lab.builder.run_once(wait=False)
    goes_on.set()
    lab.builder.run_once()
    assert lab.bot.getTaskInfo(task)["state"] == koji.TASK_STATES["CANCELED"]
    assert lab.bot.listTaskOutput(task) == []


def test_an_image_task_leaves_its_files_as_scratch_images_do(lab: Lab, treefile: Path) -> None:
    repo = lab.compose_dir / "ostree"
    ostree(repo, "init", "--mode=archive")
    assert rpm_ostree.main(["compose", "tree", f"--repo={repo}", str(treefile)], io.StringIO()) == 0
    kickstart = lab.compose_dir / "host.ks"
    kickstart.write_text(f"ostreesetup --nogpg --osname=lab --url=file://{repo} --ref={REF}\n")
    upload_file(lab.bot, kickstart, "cli-image/test")
    opts = {"kickstart": "cli-image/test/host.ks", "format": ["raw-xz"], "scratch": True, "release": "7"}
    task = lab.bot.buildImageOz("Lab", "24", ["x86_64"], "f24", "http://mirror/", opts=opts)
    [(child, result)] = lab.finish(task).items()
    assert (result["files"], result["task_id"]) == (["Lab-24-7.x86_64.raw.xz"], int(child))
    assert set(result["files"] + result["logs"]) == set(lab.bot.listTaskOutput(int(child)))
    assert (lab.topdir / "scratch" / "relengotron" / f"task_{task}" / result["files"][0]).is_file()


def test_an_image_without_its_kickstart_fails_in_the_child(lab: Lab) -> None:
    opts = {"kickstart": "../../etc/passwd", "scratch": True}
    task = lab.bot.buildImageOz("Lab", "24", ["x86_64"], "f24", "http://mirror/", opts=opts)
    with pytest.raises(koji.GenericError, match="outside of the uploads"):
        lab.finish(task)
    assert [child["state"] for child in lab.bot.getTaskChildren(task)] == [koji.TASK_STATES["FAILED"]]


def test_a_live_image_is_refused_with_a_clear_fault(lab: Lab) -> None:
    with pytest.raises(koji.GenericError, match="cannot carry out livecd"):
        lab.finish(lab.bot.buildImage("Lab", "24", "x86_64", "f24", "x.ks", "livecd"))


def test_a_dist_repo_lies_in_the_store(lab: Lab) -> None:
    options = {"arch": ["x86_64"], "event": None, "inherit": False, "latest": True, "multilib": None, "delta": None}
    options |= {"comps": None, "allow_missing_signatures": False, "skip_missing_signatures": False}
    task = lab.bot.distRepo("f24", [lab.key], **options)
    assert "successfully generated" in lab.finish(task)
    latest = lab.topdir / "repos-dist" / "f24" / "latest" / "x86_64"
    assert (latest / "repodata" / "repomd.xml").is_file()
    assert (latest / "Packages" / "s" / f"{SHELL}.x86_64.rpm").is_file()


def test_the_loop_works_until_it_is_told_to_stop(lab: Lab) -> None:
    stop = threading.Event()
    loop = threading.Thread(target=lab.builder.run_forever, args=(stop, 0.01))
    loop.start()
    task = lab.bot.newRepo("f24-build")
    assert any(lab.bot.taskFinished(task) or stop.wait(0.02) for _ in range(500))
    stop.set()
    loop.join(timeout=10)
    assert not loop.is_alive()

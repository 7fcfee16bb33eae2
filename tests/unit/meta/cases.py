"""Each topic with what people see of it, in the style of fedmsg.meta's own tests; messages are the documented ones."""

from dataclasses import dataclass, replace
from typing import Final

RUN: Final = "https://relengotron.example.org/runs/"
TREE, INSTALLER = "fedora-atomic/24/x86_64/updates", "atomic-installer-24-x86_64"
BASH, READLINE = "bash-4.3.46-1.fc25", "readline-6.3-9.fc25"
BATCH: Final = "gates/rawhide/rawhide-5f0c2a7e91bd"
BAD: Final = "dist.rpmdeplint failed for readline-6.3-9.fc25"


@dataclass(frozen=True, slots=True)
class Expected:
    """What fedmsg.meta is asked for, and what it answers."""

    subtitle: str
    link: str = f"{RUN}1f0c2a7e"
    usernames: tuple[str, ...] = ("releng",)
    packages: tuple[str, ...] = ()
    objects: tuple[str, ...] = ("lanes/F24/testing",)
    agent: str | None = "releng"


def _of_tree(subtitle: str, artifact: str = TREE) -> Expected:
    return Expected(subtitle, objects=("lanes/F24/testing", f"artifacts/{artifact}"))


def _back(subtitle: str, *more: str) -> Expected:
    return Expected(subtitle, f"{RUN}77aa0c2e", ("ralph", *more), agent="ralph")


def _batch(subtitle: str, *more: str) -> Expected:
    objects = (BATCH, f"builds/{BASH}", f"builds/{READLINE}")
    link = f"{RUN}20160618-023807-4c1d9a02"
    return Expected(subtitle, link, ("jstaron", "ooprala", *more), ("bash", "readline"), objects, None)


def _readline(subtitle: str, agent: str | None = None) -> Expected:
    names = ("jstaron",) if agent is None else ("jstaron", agent)
    link = f"{RUN}20160618-023807-4c1d9a02"
    return Expected(subtitle, link, names, ("readline",), (BATCH, f"builds/{READLINE}"), agent)


def _gate(subtitle: str) -> Expected:
    return Expected(subtitle, "", ("kevin",), objects=("gates/rawhide",), agent="kevin")


def _bash(subtitle: str) -> Expected:
    link = f"{RUN}20160618-023807-4c1d9a02"
    return Expected(subtitle, link, ("ooprala",), ("bash",), (BATCH, f"builds/{BASH}"), None)


_NEWS: Final = "update of bash from 4.3.42 to 4.3.46, found upstream on 2016-06-16"
_UPDATES: Final = ("updates/FEDORA-2016-02cd019281", "updates/FEDORA-2016-33649e2e64")

CASES: Final[dict[str, Expected]] = {
    "push.start": replace(
        Expected("releng started the push of 1 update to F24/testing, security fixes among them"),
        packages=("bash",),
        objects=("lanes/F24/testing", _UPDATES[0]),
    ),
    "push.step": Expected("push to F24/testing, builds are in target: done"),
    "push.hold": replace(
        _of_tree("the push to F24/testing waits: 1 of 3 required tests has no result"), usernames=("releng", "qa")
    ),
    "push.eject": replace(
        Expected("zsh-5.2-1.fc24 was thrown out of the push to F24/testing: its request is stable by now, not testing"),
        packages=("zsh",),
        objects=("lanes/F24/testing", _UPDATES[1]),
    ),
    "push.complete": replace(
        Expected("the push to F24/testing is complete: 1 update pushed, 1 thrown out"),
        packages=("bash", "zsh"),
        objects=("lanes/F24/testing", *_UPDATES),
    ),
    "push.failed": Expected("the push to F24/testing failed: Koji refused the compose task"),
    "artifact.compose.start": _of_tree(f"the compose of {TREE} has started: bash is in its package list"),
    "artifact.compose.complete": _of_tree(f"{TREE} was composed"),
    "artifact.compose.failed": _of_tree(
        f"the compose of {TREE} failed: Koji task 14300012 was cancelled by an administrator"
    ),
    "artifact.compose.skipped": _of_tree(
        f"{INSTALLER} was not composed: none of the pushed packages is in it", INSTALLER
    ),
    "artifact.published": replace(
        _of_tree(f"{TREE} is live"), link=f"https://mirror.example.org/atomic/24/refs/heads/{TREE}"
    ),
    "artifact.withdrawn": replace(
        _back(
            f"{TREE} was withdrawn: "
            "read from outside: https://mirror.example.org/atomic/repo/summary: no summary of a repo"
        ),
        objects=("lanes/F24/testing", f"artifacts/{TREE}"),
    ),
    "rollback.start": _back("ralph takes back what a push to F24/testing had published: bash 4.3.42-5 does not start"),
    "rollback.hold": _back("the rollback of F24/testing waits: atomic/repo/summary: HTTP 503", "releng"),
    "rollback.complete": _back(
        "the rollback of F24/testing is complete, 1 artifact went back: bash 4.3.42-5 does not start"
    ),
    "rollback.failed": _back(
        "the rollback of F24/testing failed: atomic-host: 20160601-093000-5e6f7a8b published something newer", "releng"
    ),
    "tree.care": Expected(
        "/srv/ostree/24 was looked after",
        f"{RUN}20161107-033000-5f0c2a7e",
        (),
        objects=("lanes/trees /srv/ostree/24", "repos/srv/ostree/24"),
        agent=None,
    ),
    "gate.batch.open": _batch(
        f"{BASH} and {READLINE} came to the gate of rawhide: bash requires what readline provides"
    ),
    "gate.batch.testing": _batch(f"the tests of {BASH} and {READLINE} for rawhide may start"),
    "gate.batch.passed": _batch(f"{BASH} and {READLINE} passed the gate of rawhide"),
    "gate.batch.failed": _batch(
        f"{BASH} and {READLINE} did not pass the gate of rawhide: "
        f"1 of 2 builds is suspected: {BAD}; 1 build tried again"
    ),
    "gate.batch.hold": _batch(
        f"{BASH} and {READLINE} wait before rawhide: the gate was closed by kevin: mass rebuild", "releng"
    ),
    "gate.build.accepted": _bash(f"{BASH} is in rawhide ({_NEWS})"),
    "gate.build.quarantined": _readline(f"{READLINE} is in quarantine: {BAD}"),
    "gate.build.released": _readline(
        f"{READLINE} was released from quarantine by adamw and is tested anew: the test was broken", "adamw"
    ),
    "gate.build.superseded": _readline(f"{READLINE} gives way to readline-6.3-10.fc25 at the gate of rawhide"),
    "gate.build.gone": _readline(
        f"{READLINE} was dropped by jstaron and does not go to rawhide: nobody will mend it before the freeze",
        "jstaron",
    ),
    "gate.build.reminder": _readline(f"{READLINE} has been in quarantine for 1 day: {BAD}"),
    "gate.build.retry": _readline(
        f"the tests of {READLINE}, which is in quarantine, may start again: the mirror was broken when it was tested",
        "jstaron",
    ),
    "gate.closed": _gate("kevin closed the gate of rawhide: mass rebuild"),
    "gate.opened": _gate("kevin opened the gate of rawhide: the mass rebuild is over"),
    "gate.passed_by_people": replace(
        _bash(f"kevin lets {BASH} through to rawhide whatever tests say: it mends the kernel that does not boot"),
        link="",
        usernames=("adamw", "kevin", "ooprala"),
        agent="kevin",
    ),
}

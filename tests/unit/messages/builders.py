"""Valid messages; a test names only what matters to it."""

import json
from typing import Any

from relengotron.messages.envelope import Envelope

NVR = "bash-4.3.42-1.fc24"
ALIAS = "FEDORA-2016-02cd019281"


def a_relationship(artifact: str, package: str, release: str = "fedora-24-updates") -> dict[str, Any]:
    """One row of what contains what, as PDC shows it."""
    ends = {"from_component": artifact, "to_component": package}
    shown = {end: {"id": 6, "name": name, "release": release} for end, name in ends.items()}
    return {"id": 2, "type": "OSTreeIncludesRPM", **shown}


def a_component(name: str, kind: str = "rpm", release: str = "fedora-24-updates") -> dict[str, Any]:
    """One component of a release, as PDC shows it."""
    held = {"active": True, "release_id": release}
    return {"id": 6, "name": name, "type": kind, "release": held, "dist_git_branch": None, "active": True}


BODIES: dict[str, list[dict[str, Any]]] = {
    "bodhi.masher.start": [
        {"agent": "releng", "resume": False, "updates": [NVR, "bind-9.10.2-2.P1.fc22,dnsperf-2.0.0.0-16.fc22", ALIAS]},
        {
            "api_version": 2,
            "agent": "releng",
            "resume": True,
            "composes": [{"content_type": "rpm", "release_id": 23, "request": "testing", "security": False}],
        },
    ],
    "bodhi.composer.start": [
        {
            "api_version": 2,
            "agent": "releng",
            "resume": False,
            "composes": [
                {"content_type": "rpm", "release_id": 23, "request": "stable", "security": True},
                {"content_type": "container", "release_id": 24, "request": "testing", "security": False},
            ],
        },
    ],
    "bodhi.update.comment": [
        {"comment": {"author": "ralph", "karma": -1, "text": "it broke", "update_alias": ALIAS, "update_title": NVR}},
    ],
    "bodhi.update.edit": [{"agent": "ralph", "update": {"alias": ALIAS, "title": NVR}, "new_bugs": []}],
    "bodhi.update.eject": [
        {
            "repo": "f24-updates-testing",
            "reason": "no longer wanted",
            "request": "testing",
            "update": {"alias": None, "title": NVR},
        },
    ],
    "bodhi.update.request.testing": [{"agent": "ralph", "update": {"updateid": ALIAS, "title": NVR}}],
    "buildsys.task.state.change": [
        {
            "attribute": "state",
            "id": 14300012,
            "method": "createLiveCD",
            "old": "OPEN",
            "new": "CLOSED",
            "owner": "releng",
            "instance": "primary",
        },
    ],
    "buildsys.tag": [
        {
            "name": "bash",
            "version": "4.3.42",
            "release": "1.fc24",
            "tag": "f24-updates-testing",
            "tag_id": 300,
            "build_id": 720000,
            "user": "bodhi",
            "owner": "siteshwar",
            "instance": "primary",
        },
    ],
    "buildsys.untag": [
        {"name": "bash", "version": "4.3.42", "release": "1.fc24", "tag": "f24-updates-testing-pending"},
    ],
    "pdc.release-component-relationships.changed": [
        {
            "old_value": a_relationship("atomic-host", "bash"),
            "new_value": a_relationship("atomic-host", "dash"),
            "url": "https://pdc.example/rest_api/v1/release-component-relationships/2/",
            "author": "pdc-updater",
            "comment": None,
            "changeset_id": 7,
            "committed_on": "2016-08-19 10:00:00",
        },
        {"old_value": None, "new_value": json.dumps(a_relationship("atomic-host", "bash"))},
    ],
    "pdc.release-components.changed": [
        {"old_value": a_component("bash"), "new_value": a_component("bash-completion"), "author": "pdc-updater"},
        {"old_value": a_component("atomic-host", "ostree"), "url": None},
    ],
    "pdc.component-relationship-types.changed": [
        {"old_value": {"id": 3, "name": "OSTreeIncludesRPM"}, "new_value": {"id": 3, "name": "OSTreeHoldsRPM"}},
    ],
    "buildsys.rpm.sign": [
        {
            "attribute": "sighash",
            "info": {
                "name": "bash-doc",
                "version": "4.3.42",
                "release": "1.fc24",
                "arch": "x86_64",
                "build_id": 720000,
                "sigkey": "ab845621",
            },
            "old": None,
            "new": "8f84058e6bbcae89701271e8b0c43d1d",
            "instance": "primary",
        },
        {
            "rpm": {"name": "bash", "version": "4.3.42", "release": "1.fc24", "arch": "src"},
            "build": {"id": 720000},
            "sigkey": "AB845621",
            "sighash": "8f84058e6bbcae89701271e8b0c43d1d",
        },
    ],
    "taskotron.result.new": [
        {
            "task": {"name": "dist.depcheck", "type": "koji_build", "item": NVR},
            "result": {"id": "7", "outcome": "PASSED", "submit_time": "2015-12-16 17:14:21 UTC", "prev_outcome": None},
        },
    ],
    "resultsdb.result.new": [
        {
            "id": 23066919,
            "testcase": {"name": "compose.cloud.all", "ref_url": "https://qa.example.org", "href": "https://r/1"},
            "outcome": "FAILED",
            "submit_time": "2018-07-26T10:00:00",
            "note": None,
            "groups": [],
            "data": {"item": ["Fedora-Rawhide-20180726.n.2"], "type": ["compose"]},
        },
    ],
    "anitya.project.version.update": [
        {
            "distro": None,
            "project": {"backend": "custom", "homepage": "http://www.finnie.org/software/2ping/", "id": 2},
            "message": {
                "agent": "anitya",
                "old_version": "2.1.0",
                "upstream_version": "2.1.1",
                "packages": [{"distro": "Fedora", "package_name": "2ping"}],
                "versions": ["2.1.1"],
            },
        },
        {
            "project": {"name": "Accanthis-Std", "id": 22, "backend": "custom"},
            "packages": [{"distro": "Fedora", "package_name": "adf-accanthis-fonts"}],
            "old_version": "",
            "upstream_version": "20101124",
            "versions": ["20101124"],
        },
    ],
    "hotness.update.bug.followup": [
        {
            "bug": {"bug_id": 1143475},
            "trigger": {
                "topic": "org.fedoraproject.prod.buildsys.task.state.change",
                "msg_id": "2014-786f6cfc-c76f-4cef-a791-6a6166861ab1",
                "msg": {"srpm": "perl-Makefile-DOM-0.007-1.el7.src.rpm", "method": "build", "new": "CLOSED"},
            },
        },
    ],
    "gilmsg.ack": [{"ack_msg_id": "2016-7e49afa4-c85b-424b-90d8-da36bed006b5"}],
    "relengotron.push.request": [
        {
            "request_id": "push-1",
            "agent": "releng",
            "resume": False,
            "batches": [
                {
                    "release": "F24",
                    "request": "testing",
                    "updates": [{"alias": ALIAS, "title": NVR, "builds": [NVR]}],
                },
            ],
        },
    ],
}


def a_message(suffix: str, body: Any = None, **changed: Any) -> dict[str, Any]:
    """A fedmsg envelope as it is on the wire, valid unless something was changed."""
    return {
        "topic": f"org.fedoraproject.dev.{suffix}",
        "msg": BODIES[suffix][0] if body is None else body,
        "msg_id": "2016-7e49afa4-c85b-424b-90d8-da36bed006b5",
        "i": 1,
        "timestamp": 1464773400,
        "username": "releng",
    } | changed


def an_envelope(suffix: str, body: Any = None, **changed: Any) -> Envelope:
    return Envelope.read(a_message(suffix, body, **changed))

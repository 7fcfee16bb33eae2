"""Which gates does the daemon of a rehearsal guard, and what must builds pass there?"""

from collections.abc import Mapping
from typing import Any, Final

from relengotron.model.gate import BUILD
from relengotron.model.gated import BATCH, CONTEXT
from tests.stage.configuration import URLS

GATE: Final = "rawhide"
TARGET, PENDING, QUARANTINE = "rawhide", "rawhide-pending", "rawhide-badnewsbears"
GATE_TAGS: Final = (TARGET, PENDING, QUARANTINE)
BUILD_ROOT: Final = "rawhide-build"
SIDE_TAGS: Final = "rawhide-build-side-"
ARCH: Final = "x86_64"
PRODUCT: Final = "fedora-rawhide"
BUILD_TEST, BATCH_TEST = "dist.gate_build", "dist.gate_batch"
REPO: Final = f"rawhide/{ARCH}/os"


def gates(*, has_repos: bool = True, **words: Any) -> dict[str, Any]:
    """``gates.yaml`` with one gate; ``words`` says otherwise what the gate says."""
    gate: dict[str, Any] = {
        "pending": PENDING,
        "target": TARGET,
        "quarantine": QUARANTINE,
        "product_version": PRODUCT,
        "batching": {"side_tags": [f"{SIDE_TAGS}*"], "dependencies": has_repos},
        "regenerate": [BUILD_ROOT],
        "tests": "20m",
    }
    if has_repos:
        gate["repos"] = {ARCH: [f"{URLS['mirror']}/{REPO}"]}
    return {"gates": {GATE: gate | words}}


def policies(*, builds: bool = True, batches: bool = True, more: tuple[Mapping[str, Any], ...] = ()) -> dict[str, Any]:
    """``policies/gates.yaml``: one test of each build, and one of what goes through together."""
    asked = [(BUILD, BUILD_TEST)] * builds + [(BATCH, BATCH_TEST)] * batches
    found = [_policy(f"every-{kind}", kind, {"PassingTestCaseRule": {"test_case_name": test}}) for kind, test in asked]
    return {"policies": [*found, *map(dict, more)]}


def _policy(name: str, subject_type: str, rule: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": name,
        "product_versions": [PRODUCT],
        "decision_contexts": [CONTEXT],
        "subject_types": [subject_type],
        "rules": [dict(rule)],
    }


def freeze(begins: str, ends: str, reason: str = "the beta freeze") -> dict[str, Any]:
    """A policy that freezes the gate for a while."""
    return _policy("freeze", BUILD, {"FreezeRule": {"reason": reason, "begins": begins, "ends": ends}})

"""How is the gate of the lab configured, and what must builds pass there?"""

from collections.abc import Mapping
from typing import Any, Final

from relengotron.lab.rawhide.packages import ARCH
from relengotron.model.gate import BUILD
from relengotron.model.gated import BATCH, CONTEXT

GATE: Final = "rawhide"
TARGET, PENDING, QUARANTINE = "rawhide", "rawhide-pending", "rawhide-badnewsbears"
TAGS: Final = (TARGET, PENDING, QUARANTINE)
PRODUCT: Final = "fedora-rawhide"
INSTALLS, REPOCLOSURE = "dist.installs", "dist.repoclosure"
REPO: Final = f"rawhide/{ARCH}/os"
"""Where rawhide's repo lies below the mirror's root."""


def gates(mirror: str) -> dict[str, Any]:
    """``gates.yaml``; who breaks others waits for what mends them shorter than anybody would in earnest."""
    gate = {
        "pending": PENDING,
        "target": TARGET,
        "quarantine": QUARANTINE,
        "product_version": PRODUCT,
        "repos": {ARCH: [f"{mirror}/{REPO}"]},
        "wait_for_dependants": "30s",
    }
    return {"gates": {GATE: gate}}


def policies() -> dict[str, Any]:
    """``policies/rawhide.yaml``: each build installs, and rawhide with all of them has everything that it requires."""
    return {"policies": [_policy("every-build", BUILD, INSTALLS), _policy("every-batch", BATCH, REPOCLOSURE)]}


def _policy(name: str, kind: str, testcase: str) -> Mapping[str, Any]:
    return {
        "id": name,
        "product_versions": [PRODUCT],
        "decision_contexts": [CONTEXT],
        "subject_types": [kind],
        "rules": [{"PassingTestCaseRule": {"test_case_name": testcase}}],
    }

"""May this be done? Ordered rules as text, evaluated top-down; the first match decides.

The syntax is Koji's own (``test args && test args :: action``), read by Koji's own parser; the tests look into this
hub.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import koji
import koji.policy

from .call import Call
from .policytests import policy_tests, user_of
from .store import Row

TRIAL_TAG_POLICY = """
has_perm admin :: allow
operation untag && has_perm releng :: allow
tag f25 f25-pending epel7 epel7-updates-testing epel7-updates-pending && has_perm releng :: allow
tag rawhide rawhide-pending && has_perm releng :: allow
tag f24 f24-updates-testing f24-updates-pending && has_perm releng :: allow
buildtag f24-build && tag f24-updates-candidate :: allow
tag rawhide-badnewsbears f25-rejected && fromtag rawhide-pending f25-pending && has_perm releng :: allow
tag *-side-* && is_sidetag_owner :: allow
all :: deny tagging into that tag is for release engineering
"""

DEFAULT_POLICIES: Mapping[str, str] = {
    "tag": TRIAL_TAG_POLICY,
    "package_list": """
        has_perm admin :: allow
        has_perm tag :: allow
        all :: deny Only admin/tag can do this via default policy
    """,
    "dist_repo": """
        has_perm admin dist-repo :: allow
        all :: deny
    """,
    "sidetag": "all :: allow",
    "channel": """
        has req_channel :: req
        method newRepo distRepo createdistrepo createrepo :: use createrepo
        method image createImage indirectionimage :: use image
        is_child_task :: parent
        all :: use default
    """,
    "priority": "all :: stay",
    "volume": "all :: DEFAULT",
    "build_rpm": "all :: allow",
    "build_from_srpm": "has_perm admin :: allow\nall :: deny Only admin can do this via default policy",
    "build_from_scm": "has_perm admin :: allow\nall :: deny Only admin can do this via default policy",
    "build_from_repo_id": "has_perm admin :: allow\nall :: deny Only admin can do this via default policy",
    "vm": "has_perm admin win-admin :: allow\nall :: deny Only admin/win-admin can do this via default policy",
    "cg_import": "all :: allow",
    "draft_promotion": "has_perm draft-promoter :: allow\nis_build_owner :: allow\nall :: deny",
}


class Policy:
    """One hub's rules, by policy name."""

    def __init__(self, texts: Mapping[str, str], *, verbose: bool = True) -> None:
        self.texts = {**DEFAULT_POLICIES, **texts}
        self.verbose = verbose
        self._rulesets: dict[str, Any] = {}

    def ruleset(self, name: str) -> Any:
        """The parsed rules, or None when there is no such policy."""
        if name not in self.texts:
            return None
        if name not in self._rulesets:
            self._rulesets[name] = koji.policy.SimpleRuleSet(self.texts[name].splitlines(), dict(policy_tests()))
        return self._rulesets[name]

    def apply(self, call: Call, name: str, data: Row) -> str | None:
        """The action text of the first matching rule."""
        rules = self.ruleset(name)
        action: str | None = rules.apply({**data, "__call": call})
        return action

    def evaluate(self, call: Call, name: str, data: Row) -> str | None:
        """The answer of ``evalPolicy``: the action, without any effect."""
        if not self.ruleset(name):
            raise koji.GenericError(f"no such policy: {name}")
        return self.apply(call, name, data)

    def check(self, call: Call, name: str, data: Row, *, force: bool = False) -> tuple[bool, str]:
        """(allowed, reason); admins may force."""
        allowed, reason, _rule = self._verdict(call, name, data)
        if not allowed and force and "admin" in call.perms_of(user_of(call, data)):
            return True, "overriden by force"
        return allowed, reason

    def enforce(self, call: Call, name: str, data: Row, *, force: bool = False) -> None:
        """Raise what the client sees when a policy says no."""
        allowed, reason, rule = self._verdict(call, name, data)
        if allowed or (force and "admin" in call.perms_of(user_of(call, data))):
            return
        text = f"policy violation ({name})"
        if reason:
            text += f": {reason}"
        if self.verbose:
            text += f" [rule: {rule}]"
        raise koji.ActionNotAllowed(text)

    def _verdict(self, call: Call, name: str, data: Row) -> tuple[bool, str, str]:
        if not self.ruleset(name):
            return True, "missing policy", ""
        action = self.apply(call, name, data)
        if action is None:
            return False, "not covered by policy", ""
        word, _, reason = action.partition(" ")
        rule = self.ruleset(name).last_rule()
        if word.lower() not in ("allow", "deny"):
            return False, "error in policy", rule
        return word.lower() == "allow", reason.strip(), rule

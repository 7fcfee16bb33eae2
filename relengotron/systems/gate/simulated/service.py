"""How does the stand-in for Greenwave decide? Written from Greenwave's documents, and from nothing of our own gate."""

import fnmatch
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Row = dict[str, Any]

_ITEM_TYPES = {"koji_build": {"koji_build", "brew-build"}}
"""What the type of a result may be besides that of its subject."""
_PASSES = {"PASSED", "INFO"}
_GOES_ON = {"QUEUED", "RUNNING"}
_IGNORES_MISSING_POLICY = {"bodhi_update"}


class NoPolicy(Exception):
    """No policy applies to one of the subjects."""


@dataclass
class SimulatedGreenwave:
    """Its policies, and where it finds results (newest first) and waivers (in force), as their services show them."""

    policies: list[Row] = field(default_factory=list)
    results: Callable[[], Iterable[Row]] = lambda: ()
    waivers: Callable[[], Iterable[Row]] = lambda: ()
    built: dict[str, datetime] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)
    """How many subjects each request named."""

    def decide(self, context: str, product: str, subjects: list[Row], now: datetime, verbose: bool) -> Row:
        """The answer to ``POST /decision``."""
        self.asked.append(len(subjects))
        good, bad, seen = list[Row](), list[Row](), list[Row]()
        applicable: list[str] = []
        used: list[Row] = []
        for subject in subjects:
            policies = [p for p in self.policies if _applies(p, context, product, subject["type"])]
            if not policies and subject["type"] not in _IGNORES_MISSING_POLICY:
                raise NoPolicy(
                    f"Found no applicable policies for {subject['type']} subjects at gating point(s) {context} "
                    f"in {product}"
                )
            applicable += [p["id"] for p in policies if p["id"] not in applicable]
            for rule in _rules(policies, subject, self.built, now):
                for kind, row in self._answers(subject, rule):
                    if row is not None:
                        seen.append(row)
                    told = _told(kind, subject, rule, row)
                    waiver = None if kind == "passed" else self._waiver(subject, rule, product)
                    if waiver is not None:
                        used.append(waiver)
                        good.append(told | {"type": f"{told['type']}-waived", "waiver_id": waiver["id"]})
                    else:
                        (good if kind == "passed" else bad).append(told)
        answer = {
            "policies_satisfied": not bad,
            "summary": _summary(good, bad),
            "applicable_policies": applicable,
            "satisfied_requirements": good,
            "unsatisfied_requirements": bad,
        }
        return answer | ({"results": seen, "waivers": used} if verbose else {})

    def _answers(self, subject: Row, rule: Row) -> Iterator[tuple[str, Row | None]]:
        latest: dict[tuple[Any, ...], Row] = {}
        for row in self.results():
            data = row["data"]
            fits = row["testcase"]["name"] == rule["test_case_name"] and subject["item"] in data.get("item", [])
            typed = set(data.get("type", [])) & _ITEM_TYPES.get(subject["type"], {subject["type"]})
            if fits and typed and rule.get("scenario") in (None, *data.get("scenario", [])):
                key = tuple(tuple(data.get(k, [])) for k in ("scenario", "system_architecture", "system_variant"))
                latest.setdefault(key, row)
        if not latest:
            yield "missing", None
        for row in latest.values():
            yield _kind(row["outcome"]), row

    def _waiver(self, subject: Row, rule: Row, product: str) -> Row | None:
        for waiver in self.waivers():
            if (
                waiver["waived"]
                and (waiver["subject_type"], waiver["subject_identifier"]) == (subject["type"], subject["item"])
                and waiver["testcase"] == rule["test_case_name"]
                and waiver["product_version"] == product
                and waiver["scenario"] in (None, rule.get("scenario"))
            ):
                return waiver
        return None


def _applies(policy: Row, context: str, product: str, kind: str) -> bool:
    return (
        context in policy["decision_contexts"]
        and kind in policy["subject_types"]
        and any(fnmatch.fnmatchcase(product, each) for each in policy["product_versions"])
    )


def _rules(policies: list[Row], subject: Row, built: dict[str, datetime], now: datetime) -> list[Row]:
    """Each rule once, of those policies that mean the package; bounds of time are about the build."""
    found: list[Row] = []
    for policy in policies:
        if subject["type"] == "koji_build":
            package = subject["item"].rsplit("-", 2)[0]
            if any(fnmatch.fnmatchcase(package, each) for each in policy.get("excluded_packages", ())):
                continue
            wanted = policy.get("packages", ())
            if wanted and not any(fnmatch.fnmatchcase(package, each) for each in wanted):
                continue
        found += [rule for rule in policy["rules"] if rule not in found]
    made = built.get(subject["item"]) if subject["type"] == "koji_build" else now
    return [rule for rule in found if made is None or _in_time(rule, made)]


def _in_time(rule: Row, made: datetime) -> bool:
    since, until = rule.get("valid_since"), rule.get("valid_until")
    return not (since is not None and made < since) and not (until is not None and made >= until)


def _kind(outcome: str) -> str:
    if outcome in _PASSES:
        return "passed"
    if outcome in _GOES_ON:
        return "missing"
    return "errored" if outcome == "ERROR" else "failed"


def _told(kind: str, subject: Row, rule: Row, row: Row | None) -> Row:
    told = {
        "type": f"test-result-{kind}",
        "testcase": rule["test_case_name"],
        "subject_type": subject["type"],
        "subject_identifier": subject["item"],
        "scenario": rule.get("scenario"),
        "source": None,
    }
    return told if row is None else told | {"result_id": row["id"]}


def _summary(good: list[Row], bad: list[Row]) -> str:
    if not good and not bad:
        return "No tests are required"
    if not bad:
        return f"All required tests ({len(good)} total) have passed or been waived"
    missing = sum(each["type"] == "test-result-missing" for each in bad)
    return f"Of {len(good) + len(bad)} required tests, {len(bad) - missing} tests failed, {missing} results missing"

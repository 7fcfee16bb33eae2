"""Are those builds in a Koji tag that should be there, and no others?"""

from functools import partial
from typing import Any

from relengotron.lab.verify.expectation import TagExpected
from relengotron.lab.verify.hub import hub_at
from relengotron.lab.verify.report import Check, Wrong, judged


def check_tags(hub_url: str, expected: tuple[TagExpected, ...]) -> list[Check]:
    """One check for each tag."""
    return [judged(f"koji tag {each.tag}", partial(_compare, hub_url, each)) for each in expected]


def _compare(hub_url: str, expected: TagExpected) -> str:
    with hub_at(hub_url) as hub:
        listed: Any = hub.listTagged(expected.tag, None, False, None, expected.only_latest)
    found = {str(each["nvr"]) for each in listed}
    missing, others = set(expected.builds) - found, found - set(expected.builds)
    if missing or others:
        raise Wrong(f"missing: {', '.join(sorted(missing)) or 'none'}; too many: {', '.join(sorted(others)) or 'none'}")
    return f"{len(found)} builds, as should be"

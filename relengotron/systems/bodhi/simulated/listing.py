"""How are Bodhi's lists filtered and paged?"""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from werkzeug.datastructures import MultiDict

from relengotron.systems.bodhi.simulated.refusal import Refusal
from relengotron.systems.bodhi.simulated.rows import Release, Update

Args = MultiDict[str, str]
Row = TypeVar("Row")
MOST_ROWS = 1000
DEFAULT_ROWS = 20
CHOICES = {
    "status": ("pending", "testing", "stable", "unpushed", "obsolete", "side_tag_active"),
    "request": ("testing", "stable", "obsolete", "unpush", "revoke"),
    "type": ("bugfix", "security", "newpackage", "enhancement", "unspecified"),
    "severity": ("unspecified", "urgent", "high", "medium", "low"),
    "suggest": ("unspecified", "reboot", "logout"),
    "content_type": ("base", "rpm", "module", "container", "flatpak"),
    "gating": ("waiting", "ignored", "queued", "running", "passed", "failed", "greenwave_failed"),
    "state": ("disabled", "pending", "frozen", "current", "archived"),
}
_MEANINGS: dict[str, Callable[[Update], Iterable[Any]]] = {
    "alias": lambda u: (u.alias,),
    "updateid": lambda u: (u.alias,),
    "builds": lambda u: (build.nvr for build in u.builds),
    "packages": lambda u: (build.package for build in u.builds),
    "bugs": lambda u: (str(bug.bug_id) for bug in u.bugs),
    "user": lambda u: (u.user,),
    "status": lambda u: (u.status,),
    "gating": lambda u: (u.test_gating_status,),
    "request": lambda u: (u.request,),
    "severity": lambda u: (u.severity,),
    "suggest": lambda u: (u.suggest,),
    "type": lambda u: (u.type,),
    "content_type": lambda u: (u.content_type,),
}
_FLAGS: dict[str, Callable[[Update], bool]] = {
    "critpath": lambda u: u.critpath,
    "locked": lambda u: u.locked,
    "pushed": lambda u: u.pushed,
    "from_side_tag": lambda u: u.from_tag is not None,
}
_MANY_VALUES = frozenset({"alias", "updateid", "builds", "packages", "bugs", "user", "status", "gating"})


def find_updates(updates: Iterable[Update], releases: dict[str, Release], args: Args) -> list[Update]:
    """Updates that pass every filter, newest submission first. Unknown parameters are ignored."""
    tests = [*_value_tests(args), *_flag_tests(args), *_date_tests(args), *_text_tests(args)]
    wanted = _wanted_releases(releases, args)
    found = [u for u in updates if (wanted is None or u.release in wanted) and all(test(u) for test in tests)]
    return sorted(found, key=lambda u: (u.dates["date_submitted"], u.id), reverse=True)


def find_releases(releases: Iterable[Release], args: Args) -> list[Release]:
    """Releases by name; ``name`` is an SQL LIKE pattern."""
    ids, states = listed(args, "ids"), choices(args, "state", many=True)
    found = sorted(releases, key=lambda release: release.name)
    if "name" in args:
        pattern = re.escape(args["name"]).replace("%", ".*").replace("_", ".")
        found = [release for release in found if re.fullmatch(pattern, release.name)]
    if ids is not None:
        found = [release for release in found if str(release.id) in ids]
    if states is not None:
        found = [release for release in found if release.state in states]
    if flag(args, "exclude_archived"):
        found = [release for release in found if release.state != "archived"]
    return found


def page_of(rows: Sequence[Row], args: Args) -> tuple[list[Row], dict[str, int]]:
    """One page and the numbers that go with it."""
    page = _number(args, "page", 1, None)
    per_page = _number(args, "rows_per_page", DEFAULT_ROWS, MOST_ROWS)
    numbers = {
        "page": page,
        "pages": math.ceil(len(rows) / per_page),
        "rows_per_page": per_page,
        "total": len(rows),
    }
    return list(rows[(page - 1) * per_page : page * per_page]), numbers


def listed(args: Args, key: str) -> set[str] | None:
    """Values of a parameter that is repeated or has commas; None when it is absent."""
    if key not in args:
        return None
    return {part for value in args.getlist(key) for part in value.replace(",", " ").split()}


def choices(args: Args, key: str, *, many: bool) -> set[str] | None:
    """Values of a parameter that has a closed set of them."""
    values = listed(args, key) if many else ({args[key]} if key in args else None)
    for value in sorted(values or ()):
        if value not in CHOICES[key]:
            raise Refusal("querystring", key, f'"{value}" is not one of {", ".join(CHOICES[key])}')
    return values


def flag(args: Args, key: str) -> bool | None:
    """A boolean parameter; None when it is absent."""
    if key not in args:
        return None
    return args[key].lower() in ("true", "1")


def _value_tests(args: Args) -> Iterable[Callable[[Update], bool]]:
    for key, meaning in _MEANINGS.items():
        many = key in _MANY_VALUES
        values = choices(args, key, many=many) if key in CHOICES else listed(args, key)
        if values is not None:
            yield _has_one_of(meaning, values)


def _has_one_of(meaning: Callable[[Update], Iterable[Any]], values: set[str]) -> Callable[[Update], bool]:
    return lambda update: any(value in values for value in meaning(update))


def _flag_tests(args: Args) -> Iterable[Callable[[Update], bool]]:
    for key, meaning in _FLAGS.items():
        wanted = flag(args, key)
        if wanted is not None:
            yield _is_flagged(meaning, wanted)


def _is_flagged(meaning: Callable[[Update], bool], wanted: bool) -> Callable[[Update], bool]:
    return lambda update: meaning(update) is wanted


def _date_tests(args: Args) -> Iterable[Callable[[Update], bool]]:
    for name in ("submitted", "modified", "approved", "pushed"):
        for bound in ("since", "before"):
            if f"{name}_{bound}" in args:
                yield _is_dated(f"date_{name}", bound, _moment(args, f"{name}_{bound}"))


def _is_dated(name: str, bound: str, moment: float) -> Callable[[Update], bool]:
    def test(update: Update) -> bool:
        date = update.dates.get(name)
        return date is not None and (date >= moment if bound == "since" else date < moment)

    return test


def _text_tests(args: Args) -> Iterable[Callable[[Update], bool]]:
    if "like" in args:
        like = args["like"]
        yield lambda update: any(like in build.nvr for build in update.builds)
    if "search" in args:
        search = args["search"].lower()
        yield lambda update: any(search in t.lower() for t in (update.alias or "", *(b.nvr for b in update.builds)))


def _wanted_releases(releases: dict[str, Release], args: Args) -> list[Release] | None:
    wanted: list[Release] | None = None
    for key in ("release", "releases"):
        names = listed(args, key)
        if names is None:
            continue
        chosen = [r for r in releases.values() if {r.name, r.name.lower(), str(r.fields["version"])} & names]
        known = {text for r in chosen for text in (r.name, r.name.lower(), str(r.fields["version"]))}
        if names - known:
            text = ", ".join(sorted(names - known))
            raise Refusal("querystring", key, f"Invalid {key} specified: {text}")
        wanted = chosen if wanted is None else [release for release in wanted if release in chosen]
    return wanted


def _number(args: Args, key: str, default: int, most: int | None) -> int:
    text = args.get(key, str(default))
    try:
        number = int(text)
    except ValueError as wrong:
        raise Refusal("querystring", key, f'"{text}" is not a number') from wrong
    if number < 1:
        raise Refusal("querystring", key, f"{number} is less than minimum value 1")
    if most is not None and number > most:
        raise Refusal("querystring", key, f"{number} is greater than maximum value {most}")
    return number


def _moment(args: Args, key: str) -> float:
    try:
        moment = datetime.fromisoformat(args[key])
    except ValueError as wrong:
        raise Refusal("querystring", key, "Invalid date") from wrong
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()

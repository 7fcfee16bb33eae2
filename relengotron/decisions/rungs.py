"""What does each rung of the ladder say about one artifact? Facts in, a rung out; nothing is read here."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from relengotron.model.contents import Contents, Manifest
from relengotron.model.difference import Change, compare, differences
from relengotron.model.package import Package
from relengotron.model.rung import Rung, RungName, Says


@dataclass(frozen=True, slots=True)
class Solved:
    """What installing a manifest brings on one arch: packages with their checksums, or a solver's words why not."""

    packages: Mapping[Package, str]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outlook:
    """One arch of an artifact, solved against the repos as they are live and as the push leaves them."""

    arch: str
    before: Solved
    after: Solved


def by_manifest(manifest: Manifest, live: Contents | None, is_live: bool) -> Rung:
    """Compare what people want in it now with what the live one was composed from."""
    if live is None and not is_live:
        return Rung(RungName.MANIFEST, Says.CHANGED, "nothing of it is live yet", manifest.origin)
    if live is None or live.manifest is None:
        reason = "nobody wrote down which manifest the live one was composed from"
        return Rung(RungName.MANIFEST, Says.DOUBT, reason, manifest.origin)
    if live.manifest == manifest.digest:
        return Rung(RungName.MANIFEST, Says.UNCHANGED, "its manifest is the one it was composed from", manifest.origin)
    reason = f"its manifest was edited: {live.manifest[:12]} is live, {manifest.digest[:12]} is wanted"
    return Rung(RungName.MANIFEST, Says.CHANGED, reason, manifest.origin)


def by_sources(contents: Contents, live: Mapping[str, str]) -> Rung:
    """Compare what it was made from with what is live now; ``live`` maps the names of its sources to identities."""
    others = [name for name, identity in live.items() if identity not in contents.made_from]
    if not others:
        reason = f"it was made from what is live of {', '.join(live)}"
        return Rung(RungName.SOURCES, Says.UNCHANGED, reason, contents.source)
    if len(contents.made_from) < len(live) and set(contents.made_from) <= set(live.values()):
        reason = f"nobody wrote down which {', '.join(others)} it was made from"
        return Rung(RungName.SOURCES, Says.DOUBT, reason, contents.source)
    old = ", ".join(identity[:12] for identity in contents.made_from)
    now = ", ".join(f"{name} {live[name][:12]}" for name in others)
    return Rung(RungName.SOURCES, Says.CHANGED, f"it was made from {old}, and {now} is live", contents.source)


def by_names(contents: Contents, changes: Sequence[Change], asked: int, arches: Collection[str]) -> Rung:
    """Say which changed packages stand in the list of the live one with another version."""
    if changes:
        return Rung(RungName.NAMES, Says.CHANGED, f"it contains {listed(changes)}", contents.source, tuple(changes))
    where = "/".join(arches)
    reason = f"nothing that the push changes ({counted(asked)}) is in it with another version ({where})"
    return Rung(RungName.NAMES, Says.UNCHANGED, reason, contents.source)


def by_hearsay(is_affected: bool, reason: str, packages: Collection[str], told_by: str) -> Rung:
    """Take the word of whoever knows names only, where nobody can read what the live one contains."""
    changes = tuple(Change(name, "", None, None) for name in packages)
    return Rung(RungName.NAMES, Says.CHANGED if is_affected else Says.UNCHANGED, reason, told_by, changes)


def left_to_sources(sources: Collection[str], source: str) -> Rung:
    """Every changed package in it comes with what it is made from, which is judged for itself."""
    reason = f"every changed package in it comes from {', '.join(sources)}, which decides"
    return Rung(RungName.NAMES, Says.UNCHANGED, reason, source)


def against_hearsay(listed: Rung, contents: Contents, packages: Collection[str], told_by: str) -> Rung:
    """Compare a list that shows no change with who says that a changed package is in it: if they disagree, doubt."""
    known = {package.name for package in contents.packages}
    strangers = [name for name in packages if name not in known]
    if listed.says is not Says.UNCHANGED or not strangers:
        return listed
    reason = f"{told_by} says it contains {', '.join(strangers[:5])}, which {contents.source} does not list"
    return Rung(RungName.NAMES, Says.DOUBT, reason, f"{contents.source}; {told_by}")


def by_lists(contents: Contents, newest: Mapping[tuple[str, str], Package], repo: str) -> Rung:
    """Say which of its packages the newly mashed repo offers in a newer version."""
    if not newest:
        return Rung(RungName.LISTS, Says.DOUBT, "the newly mashed repo is empty", repo)
    newer = tuple(_newer(contents.packages, newest))
    if newer:
        reason = f"the mashed repo offers {listed(newer)}"
        return Rung(RungName.LISTS, Says.CHANGED, reason, repo, newer)
    return Rung(RungName.LISTS, Says.UNCHANGED, "the mashed repo offers nothing newer than what is in it", repo)


def worst_list(found: Sequence[Rung]) -> Rung | None:
    """Of what several arches say of their new repos the word that counts: doubt about one is doubt about all."""
    said = {rung.says: rung for rung in reversed(found)}
    return next((said[says] for says in (Says.DOUBT, Says.CHANGED, Says.UNCHANGED) if says in said), None)


def by_solving(contents: Contents | None, outlooks: Sequence[Outlook], source: str, *, is_edited: bool = False) -> Rung:
    """Predict what a compose would bring; the worst arch speaks for all.

    Where the manifest was edited, solving it against the live repos says nothing about what is live: it was not what
    the live one was composed from.
    """
    is_alone = len(outlooks) == 1
    said = [_outlook(contents, each, source, is_alone=is_alone, is_edited=is_edited) for each in outlooks]
    for worst in (Says.IMPOSSIBLE, Says.CHANGED, Says.DOUBT):
        found = [each for each in said if each.says is worst]
        if found:
            together = tuple(change for each in found for change in each.changes)
            return Rung(RungName.SOLVED, worst, "; ".join(each.reason for each in found), source, together)
    return said[0]


def unsolved(why: str, source: str) -> Rung:
    """The solver could not be asked."""
    return Rung(RungName.SOLVED, Says.DOUBT, why, source)


def with_updates(
    manifest: Manifest,
    chosen: Iterable[Package],
    offered: Mapping[tuple[str, str], Package],
    names: Collection[str],
) -> Manifest | None:
    """The same wishes and besides the packages of these names that are offered newer than chosen; None without any.

    Where people wish for a certain version, that an update is not chosen is what they want.
    """
    newer = {change.name: change.after for change in _newer(chosen, offered) if change.name in names}
    install = manifest.install or ()
    wishes = tuple(f"{name} = {evr}" for name, evr in newer.items() if not any(_pins(wish, name) for wish in install))
    return replace(manifest, install=(*install, *wishes)) if wishes else None


def counted(packages: int) -> str:
    """So many packages, in words."""
    return "1 package" if packages == 1 else f"{packages} packages"


def listed(changes: Sequence[Change], most: int = 5) -> str:
    """The first few changes in words, and how many more there are."""
    more = f" and {len(changes) - most} more" if len(changes) > most else ""
    return ", ".join(str(each) for each in changes[:most]) + more


def _newer(packages: Iterable[Package], newest: Mapping[tuple[str, str], Package]) -> Iterable[Change]:
    for each in sorted(packages):
        offered = newest.get((each.name, each.arch))
        if offered is not None and compare(each.evr, offered.evr) < 0:
            yield Change(each.name, each.arch, each.evr, offered.evr)


def _pins(wish: str, name: str) -> bool:
    """Whether a wish is for one version of the package, as ``bash-4.3.42-1.fc24`` or ``bash < 5`` are."""
    rest = wish.removeprefix(name)
    return rest != wish and re.match(r"-\d|\s*[<=>]", rest) is not None


def _outlook(contents: Contents | None, outlook: Outlook, source: str, *, is_alone: bool, is_edited: bool) -> Rung:
    before, after = outlook.before, outlook.after
    if after.problems:
        return _impossible(outlook, source, is_edited=is_edited)
    live = _live_of(contents, outlook, is_alone=is_alone) if contents is not None else tuple(before.packages)
    changes = differences(live, after.packages) + _rebuilt(before, after)
    if not changes and not is_alone:  # the list does not say which arch has a noarch package already
        changes = differences(before.packages, after.packages)
    if not changes:
        reason = f"a compose for {outlook.arch} would install exactly what is live: {counted(len(after.packages))}"
        return Rung(RungName.SOLVED, Says.UNCHANGED, reason, source)
    if before.packages == after.packages and not is_edited:
        reason = f"the solver's picture of the live {outlook.arch} differs from it without this push: {listed(changes)}"
        return Rung(RungName.SOLVED, Says.DOUBT, reason, source, changes)
    return Rung(
        RungName.SOLVED, Says.CHANGED, f"a compose for {outlook.arch} brings {listed(changes)}", source, changes
    )


def _impossible(outlook: Outlook, source: str, *, is_edited: bool) -> Rung:
    words = "; ".join(outlook.after.problems[:3])
    if outlook.before.problems and not is_edited:
        reason = f"the solver cannot install it on {outlook.arch}, not even as it is live: {words}"
        return Rung(RungName.SOLVED, Says.DOUBT, reason, source)
    return Rung(RungName.SOLVED, Says.IMPOSSIBLE, f"cannot be installed on {outlook.arch}: {words}", source)


def _live_of(contents: Contents, outlook: Outlook, *, is_alone: bool) -> tuple[Package, ...]:
    """What is live on this arch: an artifact of several arches lists all of them."""
    if is_alone:
        return contents.packages
    arches = {each.arch for side in (outlook.before, outlook.after) for each in side.packages}
    return tuple(each for each in contents.packages if each.arch in arches | {outlook.arch, "noarch"})


def _rebuilt(before: Solved, after: Solved) -> tuple[Change, ...]:
    """The same version with other bits: a package that was built anew without a new release."""
    return tuple(
        Change(each.name, each.arch, each.evr, each.evr)
        for each, checksum in sorted(after.packages.items())
        if before.packages.get(each, checksum) != checksum
    )

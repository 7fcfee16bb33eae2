"""After the switch: mirrors, caches and the download page are told what is there now, whoever brought it there."""

from collections.abc import Callable, Iterable
from typing import Any

from relengotron.model.artifact import Artifact, Built, Published
from relengotron.model.codec import from_json, to_json
from relengotron.model.outcome import Done, Outcome, Skipped
from relengotron.model.run import EffectRecord
from relengotron.systems.cdn.port import Cdn
from relengotron.systems.filelists.port import FileLists, Listed
from relengotron.systems.mirror.paths import rel_path
from relengotron.systems.website.port import Website
from relengotron.workflows.pointers import artifact_of, pointers_in_records, pointers_of
from relengotron.workflows.push import Push, with_updates_left
from relengotron.workflows.refused_after_the_switch import never_taken_back_for_it
from relengotron.workflows.releasing import LIVE, Live, ensure_bits_are_live
from relengotron.workflows.website import ensure_website_shows, shown_of

WEBSITE, LISTS, SPREAD, PURGE = "website", "file lists", "lists on masters", "purge"
SWEPT, SPREAD_AGAIN = "file lists after sweeping", "swept lists on masters"
"""The keys under which the journal knows what was told. Nothing of it is taken back by itself: see ``tell_again``."""

_TOLD = 50


@with_updates_left
def ensure_mirrors_know(push: Push) -> Outcome:
    """The download page and the mirrors' file lists say what is live; every cache was told to forget the rest."""
    with never_taken_back_for_it():
        published = push.engine.recall(ensure_bits_are_live, Live).published
        if (website := push.world.website) is not None:
            _tell_of_the_page(push, website)
        if (lists := push.world.lists) is not None:
            touched = _touched(push, published)
            _told(push, LISTS, "name what is live in the file lists", lambda: _listed(push, lists, touched))
        _spread(push, SPREAD)
        if (cdn := push.world.cdn) is not None:
            paths = pointers_of(push, published)
            _told(push, PURGE, f"tell every cache to forget {len(paths)} paths", lambda: _purged(cdn, paths))
    return Done()


@with_updates_left
def ensure_lists_name_what_is_left(push: Push) -> Outcome:
    """Nothing that was swept from the mirror stands in its file lists."""
    lists = push.world.lists
    if lists is None:
        return Skipped("no module with file lists is configured")
    with never_taken_back_for_it():
        _told(push, SWEPT, "take what was swept out of the file lists", lambda: _listed(push, lists, ()))
        _spread(push, SPREAD_AGAIN)
    return Done()


def tell_again(push: Push) -> None:
    """Page, lists and caches say what is there now: to be called when something went back, and as often as wanted."""
    live = push.engine.begun(LIVE)
    published = [from_json(Published, each.result) for each in live if each.is_finished]
    names = {from_json(Built, each.old).artifact for each in live}
    tell_of(push, published, [artifact for artifact in push.artifacts if artifact.name in names])


def tell_of(push: Push, published: Iterable[Published], doubtful: Iterable[Artifact] = ()) -> None:
    """Page, lists and caches say of these what is there now; of what is ``doubtful`` nobody knows how far it came."""
    published = tuple(published)
    with never_taken_back_for_it():
        if push.world.website is not None:
            ensure_website_shows(push, push.world.website)
        if push.world.lists is not None:
            _listed(push, push.world.lists, _touched(push, published))
        push.world.mirror.spread(_without_target(push))
        if push.world.cdn is not None:
            push.world.cdn.purge((*pointers_of(push, published), *pointers_in_records(push, doubtful)))


def tell_of_the_page(push: Push) -> None:
    """Lists, masters and caches show the download page as it is by now, where nothing else has changed."""
    website = push.world.website
    if website is not None:
        if push.world.lists is not None:
            _listed(push, push.world.lists, {website.path})
        push.world.mirror.spread(_without_target(push))
        if push.world.cdn is not None:
            push.world.cdn.purge((website.path,))


def tell_what_is_left(push: Push) -> None:
    """Nothing that was swept from the mirror stands in its file lists."""
    if push.world.lists is not None:
        _listed(push, push.world.lists, ())


def is_last_to_go_back(push: Push, effect: EffectRecord) -> bool:
    """Whether every other publication of the run is withdrawn: then it is time to tell."""
    others = {each.key for each in push.engine.begun(LIVE)} - {effect.key}
    undone = push.engine.effect_records([f"undo {key}" for key in others])
    return len(undone) == len(others) and all(each.is_finished for each in undone.values())


def _tell_of_the_page(push: Push, website: Website) -> None:
    what = "say on the download page what is live"
    _told(push, WEBSITE, what, lambda: ensure_website_shows(push, website), old=shown_of(push, website))


def _told(push: Push, key: str, what: str, tell: Callable[[], Any], old: Any = None) -> None:
    """An effect that looks first; a run that went back and comes here once more tells once more."""
    known = push.engine.effect_record(key)
    if known is not None and known.is_finished:
        tell()
        return
    push.engine.effect(key, what, do=lambda: to_json(tell()), find=lambda _intent: None, old=old)


def _listed(push: Push, lists: FileLists, touched: Iterable[str]) -> tuple[Listed, ...]:
    found = lists.refresh(touched)
    for each in found:
        facts = {"rows": each.rows, "news": list(each.news), "left_out": list(each.left_out[:_TOLD])}
        if each.news or each.left_out:
            push.engine.note("list", each.module, "true", _words(each), facts)
    return found


def _words(listed: Listed) -> str:
    if not listed.left_out:
        return str(listed.how)
    return f"{listed.how}; {len(listed.left_out)} names cannot be listed, there are control characters in them"


def _purged(cdn: Cdn, paths: tuple[str, ...]) -> list[str]:
    cdn.purge(paths)
    return list(paths)


def _spread(push: Push, key: str) -> None:
    """Other masters get lists and page as they are here; mirrors that copy from those read them there."""
    paths = _without_target(push) if push.settings.systems.mirror.masters else ()
    if paths:
        _told(push, key, f"bring {', '.join(paths)} to every master", lambda: push.world.mirror.spread(paths))


def _without_target(push: Push) -> tuple[str, ...]:
    lists, website = push.world.lists, push.world.website
    page = () if website is None or website.read() is None else (website.path,)
    return (*page, *(() if lists is None else lists.paths()))


def _touched(push: Push, published: Iterable[Published]) -> set[str]:
    """What has changed on the mirror, as far as no record of a target says it."""
    website = push.world.website
    found = set() if website is None else {website.path}
    for each in published:
        artifact = artifact_of(push, each.artifact)
        if artifact is None or push.world.mirror.published(rel_path(artifact.target)) is None:
            found |= {each.links["path"]} if "path" in each.links else set(each.expected)
    return found

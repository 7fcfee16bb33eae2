"""The outside for those who only look: every verb that changes something is refused before it leaves."""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar, cast

from relengotron.errors import RequestRefused
from relengotron.settings import Settings
from relengotron.systems.ostree.port import OstreeRepo
from relengotron.systems.world import World, open_world, solver_data_of

P = TypeVar("P")

ACTS: Final[Mapping[str, frozenset[str]]] = {
    "koji": frozenset(
        {
            "write_signed_copies",
            "move_builds",
            "untag_builds",
            "request_repo",
            "runroot",
            "build_image",
            "upload",
            "cancel_task",
        }
    ),
    "bodhi": frozenset({"comment"}),
    "resultsdb": frozenset({"store"}),
    "waiverdb": frozenset({"give"}),
    "mirror": frozenset({"relay", "spread", "stage", "discard", "switch", "withdraw", "sweep"}),
    "ostree": frozenset(
        {
            "init_archive",
            "pull_local",
            "set_ref",
            "delete_ref",
            "commit_tree_of",
            "update_summary",
            "tag",
            "drop_commits",
            "make_delta",
            "drop_delta",
            "set_damaged_aside",
            "hold",
            "hold_all",
            "add_signature",
            "sign",
        }
    ),
    "signing": frozenset({"clear_sign", "detach"}),
    "lists": frozenset({"refresh"}),
    "website": frozenset({"roll_out", "show"}),
    "cdn": frozenset({"purge"}),
}
"""By system the verbs that change something; a test reads the ports and knows every other verb as one that reads."""


def only_looking(world: World) -> World:
    """The same systems, none of which can be changed through it."""
    return replace(
        world,
        koji=_guarded("koji", world.koji),
        bodhi=_guarded("bodhi", world.bodhi),
        resultsdb=_guarded("resultsdb", world.resultsdb),
        waiverdb=world.waiverdb and _guarded("waiverdb", world.waiverdb),
        mirror=_guarded("mirror", world.mirror),
        ostree=_guarded_ostree(world.ostree),
        signers={name: _guarded("signing", signer) for name, signer in world.signers.items()},
        lists=world.lists and _guarded("lists", world.lists),
        website=world.website and _guarded("website", world.website),
        cdn=world.cdn and _guarded("cdn", world.cdn),
    )


def world_to_look_at(settings: Settings) -> World:
    """The outside for somebody who only looks: no secret is read, and nobody logs in anywhere."""
    nobody = dict.fromkeys(("password_file", "keytab", "principal", "cert", "serverca"))
    acts = {"user": settings.systems.koji.user or settings.systems.koji.principal}  # a name alone logs in nowhere
    koji = settings.systems.koji.model_copy(update=nobody | acts)
    bodhi = settings.systems.bodhi.model_copy(update=dict.fromkeys(("token_file", "cookie_file")))
    systems = settings.systems.model_copy(update={"koji": koji, "bodhi": bodhi})
    own = solver_data_of(settings)
    solver_data = own if _is_ours(own) else _cache_of_this_user() / "relengotron" / "repodata"
    return open_world(settings.model_copy(update={"systems": systems}), solver_data=solver_data)


def _is_ours(place: Path) -> bool:
    """Whether the daemon that keeps its files there runs as we do: nobody else may leave files in its way."""
    try:
        there = place if place.exists() else place.parent
        return there.stat().st_uid == os.geteuid()
    except OSError:
        return False


def _cache_of_this_user() -> Path:
    """Where this user keeps what can be made again, as every program of theirs does."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def _guarded_ostree(open_repo: Callable[[Path], OstreeRepo]) -> Callable[[Path], OstreeRepo]:
    return lambda path: _guarded("ostree", open_repo(path))


def _guarded(system: str, port: P) -> P:
    return cast(P, _Looking(system, port))


class _Looking:
    """A system whose acting verbs are refused."""

    def __init__(self, system: str, port: object) -> None:
        self._system = system
        self._port = port

    def __getattr__(self, verb: str) -> Any:
        if verb in ACTS[self._system]:
            return self._refusal(verb)
        return getattr(self._port, verb)

    def _refusal(self, verb: str) -> Callable[..., NoReturn]:
        def refuse(*_words: object, **_named: object) -> NoReturn:
            raise RequestRefused(f"a plan changes nothing, and was asked to {verb.replace('_', ' ')} in {self._system}")

        return refuse

"""Is every verb that changes the outside known to those who cut the power and lose the answers?"""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Mapping
from types import ModuleType

import pytest

from relengotron import systems
from tests.stage.leaks import EFFECTS

READS: Mapping[str, frozenset[str]] = {
    "bodhi": frozenset(
        {
            "can_comment",
            "composes",
            "has_comment",
            "identity",
            "opinions",
            "release",
            "release_by_id",
            "update",
            "updates",
            "updates_in",
        }
    ),
    "bus": frozenset({"close", "sender_of"}),
    "cdn": frozenset({"look"}),
    "composes": frozenset({"read"}),
    "datagrepper": frozenset({"identity", "newest", "pages"}),
    "filelists": frozenset({"behind", "paths"}),
    "git": frozenset({"commit_of", "read"}),
    "gate": frozenset({"findings", "identity"}),
    "koji": frozenset(
        {
            "before_moves",
            "builds",
            "event_before",
            "find_tasks",
            "finished",
            "hosts",
            "identity",
            "move_tasks_since",
            "moves_since",
            "packages_in",
            "permissions",
            "repo_tasks",
            "signed",
            "tag_changes",
            "tagged",
            "tagged_of",
            "tags",
            "tags_ever",
            "tags_of",
            "target",
            "task_result",
            "tasks",
            "unsigned_rpms",
            "why_failed",
            "why_not_move",
        }
    ),
    "mirror": frozenset({"compare", "generation", "generations", "look", "place", "published", "read", "try_masters"}),
    "ostree": frozenset(
        {
            "aliases",
            "commit_bytes",
            "commit_info",
            "commits",
            "content_checksum",
            "deltas",
            "fsck",
            "has_commit",
            "head",
            "hold",
            "hold_all",
            "holders",
            "is_signed",
            "keys_of",
            "objects_of",
            "refs",
            "refs_in_summary",
            "signatures",
            "stored",
            "tags",
        }
    ),
    "pdc": frozenset(
        {"artifacts_containing", "component_types", "identity", "packages_of", "questions", "relation_types", "release"}
    ),
    "repodata": frozenset({"breaks", "broken", "frozen", "made_at", "newest", "offers", "revisions", "solve"}),
    "resultsdb": frozenset({"identity", "outcomes", "results_for", "results_since"}),
    "signing": frozenset({"look", "read_clear", "read_detached"}),
    "waiverdb": frozenset({"identity", "waivers_of"}),
    "website": frozenset({"read"}),
}
"""Every other verb: it may be repeated at will and nobody sees that it was."""

MADE_OF_A_LISTED_ONE = {("bus", "announce"), ("bus", "from_fedmsg_d")}


def modules(kind: str) -> Iterator[tuple[str, ModuleType]]:
    """Every port, or every client, with the name of its system."""
    for found in pkgutil.iter_modules(systems.__path__, f"{systems.__name__}."):
        if found.ispkg and importlib.util.find_spec(f"{found.name}.{kind}") is not None:
            yield found.name.rpartition(".")[2], importlib.import_module(f"{found.name}.{kind}")


def verbs(module: ModuleType, *, of_protocols: bool) -> set[str]:
    """What the protocols of a port, or the plain classes of a client, can be asked."""
    own = [each for _, each in inspect.getmembers(module, inspect.isclass) if each.__module__ == module.__name__]
    asked = [each for each in own if getattr(each, "_is_protocol", False) is of_protocols and not _is_a_value(each)]
    names = {name for each in asked for name, _ in inspect.getmembers(each, _can_be_asked)}
    return {name for name in names if not name.startswith("_")}


def _can_be_asked(member: object) -> bool:
    return inspect.isfunction(member) or inspect.ismethod(member)


def _is_a_value(kind: type) -> bool:
    return hasattr(kind, "__dataclass_fields__") or issubclass(kind, tuple | BaseException)


CLIENTS = {name: verbs(module, of_protocols=False) for name, module in modules("client")}
PORTS = {name: verbs(module, of_protocols=True) for name, module in modules("port")}


@pytest.mark.parametrize("system", sorted(PORTS | CLIENTS))
def test_every_verb_of_a_system_is_listed_as_an_effect_or_as_a_read(system: str) -> None:
    asked = PORTS.get(system, set()) | CLIENTS.get(system, set())
    listed = EFFECTS.get(system, frozenset()) | READS.get(system, frozenset())
    forgotten = {verb for verb in asked - listed if (system, verb) not in MADE_OF_A_LISTED_ONE}
    assert not forgotten, (
        f"{system}: say of {', '.join(sorted(forgotten))} whether it changes something outside: in EFFECTS of "
        "tests/stage/leaks.py, or in READS here"
    )


@pytest.mark.parametrize("system", sorted(EFFECTS.keys() | READS.keys()))
def test_no_verb_is_listed_that_nobody_has(system: str) -> None:
    listed = EFFECTS.get(system, frozenset()) | READS.get(system, frozenset())
    assert listed <= PORTS[system], f"{system}: nobody can be asked {', '.join(sorted(listed - PORTS[system]))}"


def test_no_verb_is_an_effect_and_a_read() -> None:
    assert not {system: both for system, verbs in EFFECTS.items() if (both := verbs & READS.get(system, frozenset()))}

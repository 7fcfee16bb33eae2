"""How does a tested tree get onto the ref that users follow? By content, compared before and after, under a lock."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from relengotron.decisions.promoting import Promotion, Tree, Way, how_to_promote
from relengotron.errors import RefMoved, RequestRefused, StateDisagrees
from relengotron.systems.ostree.deltas import make_deltas
from relengotron.systems.ostree.names import is_commit
from relengotron.systems.ostree.port import CommitInfo, OstreeRepo
from relengotron.workflows.trees.operation import Operation, Terms

PROMOTED_FROM: Final = "promoted-from"
_NOT_CARRIED: Final = frozenset({"version", PROMOTED_FROM})


@dataclass(frozen=True, slots=True)
class Wanted:
    """A tree of one repo is to be shown by a ref of another, or of the same.

    ``version`` replaces the tree's own where it is committed again; ``deltas`` is how many former heads get one.
    ``by_source``: what was made of another commit counts as old as that one, where it is asked what came later.
    """

    source: OstreeRepo
    tree: str
    live: OstreeRepo
    ref: str
    version: str | None = None
    deltas: int = 0
    by_source: bool = False


@dataclass(frozen=True, slots=True)
class _Looked:
    new: CommitInfo
    head: str | None
    way: Promotion


def promotion(wanted: Wanted, terms: Terms) -> Operation:
    """What a promotion would do.

    Raises:
        RequestRefused: there is no such tree, or clients would not take it.
    """
    looked = _look(wanted)
    act = partial(_act, wanted, terms, looked)
    named = f"{wanted.tree} of {wanted.source.path}" if wanted.source.path != wanted.live.path else wanted.tree
    return Operation(
        what=f"promote {named} to {wanted.ref} of {wanted.live.path}",
        effects=tuple(_effects(wanted, looked)),
        act=partial(_write_summary, wanted, looked) if looked.way.way is Way.NOTHING else act,
        notes=(looked.way.reason,),
        facts={"commit": looked.new.commit, "ref": wanted.ref, "shown_now": looked.head, "way": looked.way.way.value},
    )


def _look(wanted: Wanted) -> _Looked:
    commit = wanted.tree if is_commit(wanted.tree) else wanted.source.head(wanted.tree)
    if commit is None:
        raise RequestRefused(f"no ref {wanted.tree} in {wanted.source.path}")
    new, head = wanted.source.commit_info(commit), wanted.live.head(wanted.ref)
    shown = None if head is None else wanted.live.commit_info(head)
    way = how_to_promote(_tree(new), None if shown is None else _tree(shown), wanted.ref)
    is_back = way.is_older and not (wanted.by_source and shown is not None and _came_later(new, shown, wanted.live))
    if is_back and (wanted.version or new.version) in (None, new.version):
        raise RequestRefused(f"{commit[:12]} is older than what {wanted.ref} shows: a way back needs a new version")
    return _Looked(new, head, way)


def _came_later(new: CommitInfo, shown: CommitInfo, live: OstreeRepo) -> bool:
    """Whether it was composed after the tree that was committed again as what is shown."""
    source = shown.metadata.get(PROMOTED_FROM, "")
    return is_commit(source) and live.has_commit(source) and live.commit_info(source).timestamp < new.timestamp


def _tree(info: CommitInfo) -> Tree:
    return Tree(info.commit, info.parent, info.timestamp, info.content_checksum, info.ref_bindings)


def _effects(wanted: Wanted, looked: _Looked) -> list[str]:
    way, commit = looked.way.way, looked.new.commit
    what = "the new commit" if way is Way.COMMIT_AGAIN else commit
    if way is Way.NOTHING:
        return []
    again = [f"commit the files of {commit} again on top of {looked.head or 'nothing'}"]
    pull = [f"bring commit {commit} and its files here"] if not wanted.live.has_commit(commit) else []
    keys = wanted.live.keys_of(wanted.ref)
    signed = [f"let {what} be signed with {' or '.join(keys)}, unless it is"] if keys else []
    deltas = [f"make static deltas from the last {wanted.deltas} heads"] if wanted.deltas and looked.head else []
    moved = [f"move {wanted.ref} from {looked.head or 'nothing'} to {what}", "write the summary"]
    return [*pull, *(again if way is Way.COMMIT_AGAIN else []), *signed, *deltas, *moved]


def _act(wanted: Wanted, terms: Terms, looked: _Looked) -> Mapping[str, Any]:
    live, ref = wanted.live, wanted.ref
    with live.hold(ref, f"promote {looked.new.commit[:12]}", terms.wait):
        if (now := live.head(ref)) != looked.head:
            raise RefMoved(f"{ref} shows {now}, and showed {looked.head} a moment ago; look again")
        if not live.has_commit(looked.new.commit):
            live.pull_local(wanted.source.path, looked.new.commit)
        shown = _commit_to_show(wanted, terms, looked)
        live.sign(shown, ref)
        deltas = make_deltas(live, looked.head, shown, wanted.deltas)
        live.set_ref(ref, shown, looked.head)
        _compare(live, ref, looked.new.content_checksum)
    live.update_summary()
    return {"commit": shown, "before": looked.head, "deltas": list(deltas)}


def _commit_to_show(wanted: Wanted, terms: Terms, looked: _Looked) -> str:
    new = looked.new
    if looked.way.way is not Way.COMMIT_AGAIN:
        return new.commit
    if (waiting := _waits_to_be_signed(wanted, looked)) is not None:
        return waiting
    now = terms.now()
    if looked.head is not None and wanted.live.commit_info(looked.head).timestamp >= now:
        raise StateDisagrees(f"{wanted.ref} shows a commit from the future: look at the clock of this machine")
    carried = {key: value for key, value in new.metadata.items() if key not in _NOT_CARRIED and value.isprintable()}
    return wanted.live.commit_tree_of(
        new.commit,
        parent=looked.head,
        subject=new.subject,
        timestamp=now,
        bind_ref=wanted.ref if looked.way.bound else None,
        version=wanted.version or new.version,
        metadata={**carried, PROMOTED_FROM: new.commit},
    )


def _waits_to_be_signed(wanted: Wanted, looked: _Looked) -> str | None:
    """What an earlier try committed again; an auto-signer signs what it finds, not what each try makes anew."""
    if not wanted.live.keys_of(wanted.ref):
        return None
    there = [each.commit for each in wanted.live.commits().values() if each.parent == looked.head]
    known = (wanted.live.commit_info(each) for each in there)
    return next((each.commit for each in known if _is_made_for(each, wanted, looked)), None)


def _is_made_for(made: CommitInfo, wanted: Wanted, looked: _Looked) -> bool:
    new, bound = looked.new, (wanted.ref,) if looked.way.bound else None
    is_same = (made.content_checksum, made.subject) == (new.content_checksum, new.subject)
    named = made.metadata.get(PROMOTED_FROM) == new.commit and made.version == (wanted.version or new.version)
    return is_same and named and made.ref_bindings == bound


def _compare(live: OstreeRepo, ref: str, content: str) -> None:
    head = live.head(ref)
    if head is None or live.content_checksum(head) != content:
        raise StateDisagrees(f"{ref} shows {head}, whose files are not those that were promoted")


def _write_summary(wanted: Wanted, looked: _Looked) -> Mapping[str, Any]:
    """A promotion that was cut off right after the ref moved is finished by asking for it again."""
    wanted.live.update_summary()
    return {"commit": looked.head, "before": looked.head, "deltas": []}

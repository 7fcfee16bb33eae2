"""Is everything in a repo what its name says, would clients take every ref, and what heals it if not?"""

from collections.abc import Iterator
from typing import Final

from relengotron.errors import MalformedInput
from relengotron.systems.ostree.port import OstreeRepo

_SAID_BESIDES: Final = ("Marking commit as partial", "Validating refs", "Enumerating commits", "Verifying content")
_MOST_LINES: Final = 20


def what_is_wrong(repo: OstreeRepo) -> tuple[str, ...]:
    """A sentence for each thing that is broken, the refs that show it among them; empty when the repo is sound.

    Raises:
        SystemUnreachable: it cannot be read at all.
    """
    answer = repo.fsck()
    said = [] if answer.clean else list(_lines(answer.output))
    more = [f"and {len(said) - _MOST_LINES} more"] if len(said) > _MOST_LINES else []
    lacking = [] if answer.clean else list(_refs_that_lack_something(repo))
    return (*said[:_MOST_LINES], *more, *lacking, *_refs_that_clients_refuse(repo))


def how_to_heal(repo: OstreeRepo) -> str:
    """What a person types."""
    return f"to heal it from a good copy: relengotron ostree heal {repo.path} --from GOOD_COPY"


def _refs_that_lack_something(repo: OstreeRepo) -> Iterator[str]:
    """The check stops at a missing directory, and does not say who needs it."""
    stored = repo.stored().keys()
    for ref, head in repo.refs().items():
        try:
            needed = repo.objects_of([head])
        except MalformedInput as damaged:
            yield f"{ref} shows {head}, of which something cannot be read: {damaged}"
            continue
        gone = sorted(each for each in needed - stored if not each.endswith(".commitmeta"))
        if gone:
            yield f"{ref} shows {head}, of which {len(gone)} objects are not here, such as {gone[0]}"


def _lines(output: str) -> Iterator[str]:
    lines = dict.fromkeys(line.strip() for line in output.splitlines())
    yield from (line for line in lines if line and not line.startswith(_SAID_BESIDES))


def _refs_that_clients_refuse(repo: OstreeRepo) -> Iterator[str]:
    """The command's own check wants it of every commit below a head too, which were never to be shown as that ref."""
    for ref, head in repo.refs().items():
        if not repo.has_commit(head):
            yield f"{ref} shows {head}, which is not whole"
            continue
        try:
            bindings = repo.commit_info(head).ref_bindings
        except MalformedInput as damaged:
            yield f"{ref} shows {head}, which cannot be read: {damaged}"
            continue
        if bindings is not None and ref not in bindings:
            yield f"{ref} shows {head}, which is bound to {', '.join(bindings) or 'nothing'}"

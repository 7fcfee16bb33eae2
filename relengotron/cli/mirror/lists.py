"""``relengotron mirror lists``: are the mirrors' file lists true, and if not, make them so."""

import click

from relengotron.cli import page
from relengotron.cli.exits import Exit, Refusal
from relengotron.cli.mirror.recording import record
from relengotron.cli.surroundings import Surroundings
from relengotron.model.codec import to_json
from relengotron.systems.filelists.port import FileLists, Listed
from relengotron.systems.world import lists_of


@click.command()
@click.option("--full", is_flag=True, help="Read the whole tree anew, and believe nothing that a list says.")
@click.option("--check", "only_check", is_flag=True, help="Change nothing; status 1 when a list is behind the tree.")
@click.option("--json", "json_wanted", is_flag=True, help="For programs: the same as JSON.")
@click.pass_obj
def lists(surroundings: Surroundings, full: bool, only_check: bool, json_wanted: bool) -> None:
    """Bring fullfiletimelist, fullfilelist and imagelist of every module up to date.

    A list that is true already is not touched. What others than relengotron changed on the mirror is found with --full
    only.
    """
    port = lists_of(surroundings.settings())
    if port is None:
        raise Refusal("no module is configured: systems.mirror.modules in systems.yaml", Exit.NOT_FOUND)
    if only_check:
        _check(port, json_wanted)
        return
    record(surroundings, f"file lists{', read anew' if full else ''}")
    found = port.refresh(full=full)
    if json_wanted:
        page.as_json([to_json(each) for each in found])
        return
    for each in found:
        _show(each)


def _check(port: FileLists, json_wanted: bool) -> None:
    behind = port.behind()
    if json_wanted:
        page.as_json(behind)
    for why in () if json_wanted else behind.values():
        page.say(why, state="held")
    if behind:
        raise Refusal(f"behind the tree: {', '.join(behind)}", Exit.NO)
    if not json_wanted:
        page.say("every list shows the last publication")


def _show(listed: Listed) -> None:
    told = f"written: {', '.join(listed.news)}" if listed.news else "nothing new, nothing written"
    rows = f", {listed.rows} rows" if listed.rows else ""
    page.say(f"{listed.module}: {listed.how}{rows}; {told}")
    for path in listed.left_out:
        page.say(f"  cannot be listed, there are control characters in it: {path!r}", state="held")

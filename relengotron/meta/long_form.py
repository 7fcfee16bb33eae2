"""What stands in a mail to a packager: the sentence, and below it what to know and what to do?"""

from collections.abc import Iterator

from relengotron.meta.said import Said
from relengotron.meta.words import because


def paragraphs(said: Said, sentence: str) -> str:
    """Everything that a message says, for people; paragraphs that have nothing to say are left out."""
    reason = said.text("reason")
    parts = [
        [f"{sentence}."] if sentence else [],
        [f"Why: {reason}"] if reason and reason not in sentence else [],
        _listed("Builds:", [_build(each) for each in said.entries("builds")]),
        [line for each in said.builds() if (line := _news(each.inside("upstream")))],
        _listed("Suspected:", [because(each.text("nvr"), each.text("reason")) for each in said.entries("suspects")]),
        _listed(
            "Goes on:", [f"{', '.join(each.texts('builds'))} in {each.text('batch')}" for each in said.entries("rest")]
        ),
        _listed("Updates:", [_outcome(each, "title") for each in said.entries("updates")]),
        _listed("Artifacts:", [_outcome(each, "artifact") for each in said.entries("results")]),
        _listed("Tests:", said.texts("testcases")),
        _listed("Wanted:", [f"{each.text('testcase')} ({each.text('type')})" for each in said.entries("tests")]),
        _listed("Missing:", said.texts("missing")),
        _listed("Done:", said.texts("done")),
        list(_what_to_do(said)),
        [f"{name}: {url}" for name, url in said.links().items()],
    ]
    return "\n\n".join("\n".join(lines) for lines in parts if lines)


def _listed(title: str, lines: list[str]) -> list[str]:
    return [title, *(f"- {line}" for line in lines)] if lines else []


def _build(build: Said) -> str:
    packager = build.text("packager")
    return build.text("nvr") + (f" by {packager}" if packager else "")


def _news(upstream: Said) -> str:
    """What was found upstream, where, and the bug that was filed for it."""
    bug = upstream.number("bug")
    where = [upstream.text("url"), "" if bug is None else f"bug {bug}"]
    return because(upstream.text("sentence"), ", ".join(each for each in where if each))


def _outcome(each: Said, name: str) -> str:
    return because(f"{each.text(name)} {each.text('outcome')}".strip(), each.text("reason"))


def _what_to_do(said: Said) -> Iterator[str]:
    for key, words in (("owner", "Who can act"), ("deadline", "Until"), ("command", "With")):
        if said.text(key):
            yield f"{words}: {said.text(key)}"

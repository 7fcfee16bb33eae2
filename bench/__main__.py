"""Measure everything and append it to bench/results.jsonl: ``make bench``; ``python -m bench PART`` for one part."""

import argparse
import logging
import tempfile
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from bench import (
    bisect,
    chaos,
    closure,
    daemon,
    decide,
    gates,
    intake,
    journal,
    pdc,
    power,
    predict,
    publish,
    push,
    reaction,
    results,
    saved,
    signing,
    trees,
)
from bench.results import Measure

KEPT_RPMS = Path(".lab") / "bench"
Part = Callable[[], Iterable[Measure]]


def main() -> None:
    """Run the parts that were asked for; each prints as it goes and is written when it is over."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help="all without any; an unknown one lists them")
    parser.add_argument("--pushes", type=int, default=reaction.PUSHES, help="pushes to take reactions from")
    asked = parser.parse_args()
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="relengotron-bench-") as scratch:
        parts = _parts(Path(scratch), asked.pushes)
        if unknown := set(asked.parts) - set(parts):
            parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(parts)}")
        machine = str(results.noise_of_the_machine())
        print(f"the machine: {machine}")
        measures = [each for name in asked.parts or parts for each in _kept(name, parts[name], machine)]
    missed = [measure.name for measure in measures if measure.is_met is False]
    print(f"written to {results.RESULTS}; missed: {', '.join(missed) or 'nothing'}")


def _parts(scratch: Path, pushes: int) -> dict[str, Part]:
    """Everything that can be measured, by the name it is asked for."""
    return {
        "push": partial(push.measure, KEPT_RPMS, scratch / "one-push.sqlite"),
        "journal": partial(_journal, scratch),
        "reaction": partial(reaction.measure, KEPT_RPMS, pushes),
        "signing": partial(signing.measure, _made(scratch / "signing")),
        "intake": partial(intake.measure, _made(scratch / "intake")),
        "daemon": partial(daemon.measure, _made(scratch / "daemon")),
        "power": power.measure,
        "decide": decide.measure,
        "bisect": partial(bisect.measure, _made(scratch / "bisect")),
        "gates": partial(gates.measure, _made(scratch / "gates")),
        "predict": partial(predict.measure, _made(scratch / "predict")),
        "closure": partial(closure.measure, _made(scratch / "closure")),
        "saved": partial(saved.measure, KEPT_RPMS / "packages", _made(scratch / "saved")),
        "publish": partial(publish.measure, _made(scratch / "publish")),
        "pdc": partial(pdc.measure, _made(scratch / "pdc")),
        "trees": partial(trees.measure, _made(scratch / "trees")),
        "chaos": partial(chaos.measure, _made(scratch / "chaos")),
    }


def _made(folder: Path) -> Path:
    """A folder of its own for each part: two of them may want the same names."""
    folder.mkdir()
    return folder


def _journal(scratch: Path) -> Iterable[Measure]:
    """The journal of one push is needed first; it is there already when the part ``push`` was measured before."""
    one_push = scratch / "one-push.sqlite"
    if not one_push.exists():
        yield from push.measure(KEPT_RPMS, one_push)
    yield from journal.measure(scratch, KEPT_RPMS.absolute() / "world" / "config", one_push)


def _kept(name: str, part: Part, machine: str) -> list[Measure]:
    """Show and write what one part measured, with what the machine was like before and after it."""
    print(f"{name}:")
    shown = []
    for measure in part():
        results.show(measure)
        shown.append(measure)
    results.write(shown, f"{machine}; afterwards: {results.noise_of_the_machine()}")
    return shown


if __name__ == "__main__":
    main()

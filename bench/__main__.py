"""Measure everything and append it to bench/results.jsonl: ``make bench``; ``python -m bench PART`` for one part."""

import argparse
import logging
import tempfile
from collections.abc import Iterable
from pathlib import Path

from bench import daemon, journal, push, reaction, results, signing
from bench.results import Measure

PARTS = ("push", "reaction", "journal", "signing", "daemon")
KEPT_RPMS = Path(".lab") / "bench"


def main() -> None:
    """Run the parts that were asked for; each prints as it goes and is written when it is over."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}; all without any")
    parser.add_argument("--pushes", type=int, default=reaction.PUSHES, help="pushes to take reactions from")
    asked = parser.parse_args()
    unknown = set(asked.parts) - set(PARTS)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    logging.disable(logging.WARNING)
    wanted = asked.parts or PARTS
    machine = str(results.noise_of_the_machine())
    print(f"the machine: {machine}")
    measures: list[Measure] = []
    with tempfile.TemporaryDirectory(prefix="relengotron-bench-") as scratch:
        if "push" in wanted or "journal" in wanted:
            print("one push of the demo, with a real hub:")
            measures += _kept(push.measure(KEPT_RPMS, Path(scratch) / "one-push.sqlite"), machine)
        if "journal" in wanted:
            print("the journal:")
            config = KEPT_RPMS.absolute() / "world" / "config"
            measures += _kept(journal.measure(Path(scratch), config, Path(scratch) / "one-push.sqlite"), machine)
        if "reaction" in wanted:
            print("reactions:")
            measures += _kept(reaction.measure(KEPT_RPMS, asked.pushes), machine)
        if "signing" in wanted:
            print("signatures:")
            measures += _kept(signing.measure(Path(scratch)), machine)
        if "daemon" in wanted:
            print("the daemon at its start and at rest:")
            measures += _kept(daemon.measure(Path(scratch)), machine)
    missed = [measure.name for measure in measures if measure.is_met is False]
    print(f"written to {results.RESULTS}; missed: {', '.join(missed) or 'nothing'}")


def _kept(measures: Iterable[Measure], machine: str) -> list[Measure]:
    """Show and write what one part measured, with what the machine was like before and after it."""
    shown = []
    for measure in measures:
        results.show(measure)
        shown.append(measure)
    results.write(shown, f"{machine}; afterwards: {results.noise_of_the_machine()}")
    return shown


if __name__ == "__main__":
    main()

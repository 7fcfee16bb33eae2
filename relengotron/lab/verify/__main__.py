"""The independent reader as a command: ``python -m relengotron.lab.verify --expect FILE``."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from relengotron.lab.verify.expectation import Expectation
from relengotron.lab.verify.reader import verify


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what was found; 0 only when all of it is right, 2 when the expectation cannot be read."""
    parser = argparse.ArgumentParser(prog="relengotron.lab.verify", description=__doc__)
    parser.add_argument("--expect", type=Path, required=True, help="JSON file that says what must be found")
    parser.add_argument("--mirror", help="address of the mirror, instead of the one in the file")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    options = parser.parse_args(arguments)
    try:
        expected = Expectation.from_json(json.loads(options.expect.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, AttributeError) as error:
        print(f"{options.expect} is no expectation: {error}", file=sys.stderr)
        return 2
    mirror = options.mirror or expected.mirror
    if not mirror:
        print(f"{options.expect} names no mirror, and --mirror was not given", file=sys.stderr)
        return 2
    report = verify(mirror, expected)
    if options.json:
        print(json.dumps(report.as_json(), indent=1, ensure_ascii=False))
    else:
        print(*report.checks, sep="\n")
    return 0 if report.passed else 1


if __name__ == "__main__":
    sys.exit(main())

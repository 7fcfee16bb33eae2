"""fedmsg as it is installed elsewhere, asked by JSON lines; a Python that knows nothing of us runs this."""

import json
import logging
import sys
import warnings
from typing import Any


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """``sign`` gives the signed message back, ``validate`` what fedmsg says of it, or what it raised."""
    import fedmsg.crypto
    import fedmsg.encoding

    try:
        if question["do"] == "sign":
            return {"text": fedmsg.encoding.dumps(fedmsg.crypto.sign(question["message"], **question["config"]))}
        return {"valid": fedmsg.crypto.validate(json.loads(question["text"]), **question["config"])}
    except Exception as error:  # noqa: BLE001 - a message that breaks fedmsg is refused, too
        return {"valid": False, "raised": f"{type(error).__name__}: {error}"}


def main() -> None:
    """Answer each line until there are no more."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()

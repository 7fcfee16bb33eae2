"""What does a row of WaiverDB mean in our words?"""

from datetime import UTC, datetime
from typing import Any

from relengotron.errors import MalformedInput
from relengotron.model.waiver import Waiver
from relengotron.systems.strict import filled, number

SOURCE = "waiverdb"


def read_waiver(row: Any) -> Waiver:
    """One waiver; rows of before 2018 name their subject as an object only.

    Raises:
        MalformedInput: it is no waiver.
    """
    try:
        at = datetime.fromisoformat(filled(row["timestamp"]))
        return Waiver(
            id=f"{SOURCE} {number(row['id'])}",
            subject_type=filled(row["subject_type"] if "subject_type" in row else row["subject"]["type"]),
            item=filled(row["subject_identifier"] if "subject_identifier" in row else row["subject"]["item"]),
            testcase=filled(row["testcase"]),
            product_version=filled(row["product_version"]),
            who=filled(row["username"]),
            why=filled(row["comment"]),
            at=at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC),
            scenario=None if row.get("scenario") is None else filled(row["scenario"]),
            is_waived=row["waived"] is True,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as wrong:
        raise MalformedInput(f"not a waiver of WaiverDB: {str(row)[:300]}") from wrong


def rows_of(answer: Any) -> list[Any]:
    """The rows of an answer.

    Raises:
        MalformedInput: it is no list of waivers.
    """
    rows = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(rows, list):
        raise MalformedInput(f"WaiverDB answered no list of waivers: {str(answer)[:300]}")
    return rows

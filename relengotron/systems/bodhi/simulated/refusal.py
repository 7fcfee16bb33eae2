"""How does Bodhi say no?"""

from typing import Any


class Refusal(Exception):
    """One or more errors with a status; the text is for people, the name is the field that is wrong."""

    def __init__(self, location: str, name: str, description: str, status: int = 400) -> None:
        super().__init__(f"{status} {name}: {description}")
        self.status = status
        self.errors = [{"location": location, "name": name, "description": description}]

    def shown(self) -> dict[str, Any]:
        """The wire object."""
        return {"status": "error", "errors": self.errors}


def no_such_update() -> Refusal:
    """An update that nobody made."""
    return Refusal("url", "id", "Invalid update id", 404)


def locked() -> Refusal:
    """An update that is being pushed."""
    return Refusal("body", "request", "Can't change request on a locked update")

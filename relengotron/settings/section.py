"""What all parts of the configuration have in common."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A group of settings: frozen, and without room for a key that nobody reads."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=False, validate_default=False)

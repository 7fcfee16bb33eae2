"""``relengotron messages``: what came in, what was put aside, and what people do about it."""

from relengotron.cli.messages.group import messages

__all__ = ["messages"]

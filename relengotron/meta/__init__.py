"""How do our messages read in mails, on IRC and in the history of the bus? A processor for ``fedmsg.meta``."""

from relengotron.meta.processor import RelengotronProcessor

__all__ = ["RelengotronProcessor"]

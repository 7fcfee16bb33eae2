"""A recorded stream of messages, played to a daemon that can touch nothing real."""

from relengotron.lab.replay.command import replay

__all__ = ["replay"]

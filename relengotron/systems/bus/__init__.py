"""The message bus: how relengotron speaks on it."""

"""Bodhi, where updates come from."""

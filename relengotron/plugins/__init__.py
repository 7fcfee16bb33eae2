"""Artifact plugins of our own, loaded by entry point like anybody's."""

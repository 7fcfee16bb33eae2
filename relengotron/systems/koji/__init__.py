"""Koji, where builds live and composes run."""

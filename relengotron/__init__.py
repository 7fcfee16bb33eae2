"""Composes, tests, gates and publishes what a distribution update changes, and nothing else."""

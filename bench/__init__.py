"""Measures: how fast the daemon reacts, what it costs a push, and how much of it is ours."""

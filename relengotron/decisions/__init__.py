"""Answers from facts: no clock, no network, no log. One question a file."""

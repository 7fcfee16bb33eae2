"""Procedures: each file reads like the standard operating procedure that it replaces."""

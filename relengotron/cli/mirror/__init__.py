"""``relengotron mirror``: what mirrors, caches and download pages are told, looked at and told again by hand."""

from relengotron.cli.mirror.group import mirror

__all__ = ["mirror"]

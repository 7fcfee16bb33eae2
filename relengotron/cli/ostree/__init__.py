"""``relengotron ostree``: what people do to repos of trees by hand, with the locks and checks that OSTree has not."""

from relengotron.cli.ostree.group import ostree

__all__ = ["ostree"]

"""What did people decide, before anything runs? YAML in ``config/``, read once into frozen values."""

from relengotron.settings.loading import load
from relengotron.settings.tree import Settings

__all__ = ["Settings", "load"]

"""How is the master mirror written, here and on the machines that mirror it, and how is it looked at?"""

from relengotron.systems.mirror.client.everywhere import Everywhere
from relengotron.systems.mirror.client.local import MasterMirror
from relengotron.systems.mirror.client.remote import Remote

__all__ = ["Everywhere", "MasterMirror", "Remote"]

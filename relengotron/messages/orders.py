"""Which messages order a push?"""

from typing import Final

ORDERS: Final = ("bodhi.masher.start", "bodhi.composer.start", "relengotron.push.request")
"""Their topics, after prefix and environment: nobody polls for an order, so a lost one costs a push."""

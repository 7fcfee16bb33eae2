"""What does somebody find on the mirror who knows nothing of how it got there?

The independent reader: it shares no code with whatever composes, tests or publishes.
"""

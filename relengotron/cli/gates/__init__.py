"""``relengotron gate``: what stands at the gates, and a word with them; ``group.py`` lists the commands."""

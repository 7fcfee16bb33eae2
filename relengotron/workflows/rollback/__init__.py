"""Back to what was published before a push, as a run of its own."""

"""How is a build looked after that a gate has put into quarantine? See ``workflow.py``."""

"""Where messages come in from a bus."""

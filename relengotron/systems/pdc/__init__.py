"""PDC, which knows what every artifact is made from."""

"""The simulated systems behind their real protocols on loopback, with a builder that makes real bits."""

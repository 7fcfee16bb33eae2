"""Durability: what is stored, what is due, and what is advanced."""

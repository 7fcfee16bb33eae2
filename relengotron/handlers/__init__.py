"""What an event leads to: intents, never work."""

"""The nouns: frozen values that every room may hold and none may change."""

"""A gate between two Koji tags: what comes goes through in batches, or into quarantine with a reason."""

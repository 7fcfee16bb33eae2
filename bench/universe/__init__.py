"""Where do real packages with true dependencies come from, without a network? From this machine's own package index."""

"""The memory of the daemon: everything that must outlive a power cut."""

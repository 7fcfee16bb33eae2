"""Who signs: the gpg command with a private home, a sigul server, or somebody we wait for."""

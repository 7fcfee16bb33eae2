"""Repo metadata (rpm-md): what can be installed from repos, and what would be."""

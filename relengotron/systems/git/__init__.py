"""Git: where manifests, kickstarts and comps are kept."""

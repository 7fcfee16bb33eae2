"""What people do to repos of trees, each looked at first: promote, merge, tag, archive, collect garbage."""

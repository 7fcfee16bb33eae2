"""Keys that sign what is published: one that signs, or one whose signatures others make and we wait for."""

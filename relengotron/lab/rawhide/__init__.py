"""A gate in the lab: real builds land before a small rawhide, are tested, and move on or are kept in quarantine."""

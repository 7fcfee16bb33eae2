"""The gate: our own evaluation of policies, or Greenwave."""

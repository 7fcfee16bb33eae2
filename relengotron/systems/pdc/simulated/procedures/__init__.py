"""The remote procedures and the addresses that are no plain collections."""

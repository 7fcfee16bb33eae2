"""What was said on the bus, kept by others: datagrepper."""

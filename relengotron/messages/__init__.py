"""Between the wire and values: raw dictionaries end here."""

"""The plan's document: reading it strictly, checking it, comparing two, and what applies at once."""

"""Displays that show who is called where: each is given the full state and may be told it again at any time."""

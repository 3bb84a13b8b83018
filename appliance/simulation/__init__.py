"""A generated day of a hall, played through the real rules on a virtual clock."""

"""Pins and bytes: buttons, printer, lamps, voice. Knows nothing of the queue."""

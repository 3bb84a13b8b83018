"""What may happen in an office and what follows. Pure: no clock, no I/O, no logging, standard library only."""

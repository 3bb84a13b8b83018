"""The office that `talon demo` makes: a plan, simulated hardware, a replica in a folder."""

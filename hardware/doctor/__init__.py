"""What is wrong with the devices of an office, and what a person should do about it."""

"""Simulated siblings of the devices, decoding what the real drivers send."""

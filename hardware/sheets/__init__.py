"""Papers that come out of `hardware.toml`: wiring sheet, parts list, labels, commissioning sheet."""

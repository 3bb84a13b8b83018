"""What a technician asks of an office: examine it, walk through its keys, teach it a panel, print and show tests."""

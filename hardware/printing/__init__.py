"""Receipt printers: bytes, ports, status, and an honest answer to whether a slip came out."""

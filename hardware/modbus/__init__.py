"""RS-485 buses with Modbus RTU: one owner per bus for key modules, lamps and digit displays."""

"""Keys of every kind: raw levels of pins, bus modules and keypads, judged by one pure debounce."""

"""The voice of the hall: clips put together into an announcement, and played."""

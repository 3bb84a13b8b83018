"""Replication: the office's side here, the centre below `sync.centre`. Knows no queue rules."""

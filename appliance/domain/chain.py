"""The hash chain of the journal: each row carries the hash of itself and of the row before it."""

from __future__ import annotations

import hashlib
import json

GENESIS = b"\0" * 32
"""What the first row of an office's journal is chained to."""

to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""Compact JSON as bodies and links have it. Made once: `json.dumps` would build an encoder for every row."""


def link(
    previous: bytes,
    seq: int,
    at: str,
    clock_trusted: bool,
    boot_id: str,
    uptime_ms: int,
    actor: str,
    kind: str,
    version: int,
    body: str,
) -> bytes:
    """sha256 of the previous link followed by this row's columns as one compact JSON array (UTF-8)."""
    row = [seq, at, int(clock_trusted), boot_id, uptime_ms, actor, kind, version, body]
    return hashlib.sha256(previous + to_json(row).encode()).digest()

"""The hash chain of the journal: each row carries the hash of itself and of the row before it."""

from __future__ import annotations

import hashlib
import json

GENESIS = b"\0" * 32
"""What the first row of an office's journal is chained to."""


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
    text = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(previous + text.encode()).digest()

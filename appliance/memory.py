"""How little memory the office makes do with: a small box has other things to hold."""

from __future__ import annotations

import ctypes

M_ARENA_MAX = -8
"""glibc's malloc.h: the number of heaps that threads share."""


def share_heaps(heaps: int = 2) -> bool:
    """Let all threads share so few heaps of the C library; whether it agreed.

    Each thread that waits for something would keep a heap of its own: some 6 MB of an office's 128.
    """
    try:
        return bool(ctypes.CDLL(None).mallopt(M_ARENA_MAX, heaps))
    except (OSError, AttributeError):
        return False

"""The 40-contact header of a Raspberry Pi, the same on every model since the B+: which contact carries which BCM line.

Source: the Raspberry Pi documentation, GPIO and the 40-pin header.
"""

from __future__ import annotations

from collections.abc import Mapping

CONTACTS: Mapping[int, int] = {
    0: 27, 1: 28, 2: 3, 3: 5, 4: 7, 5: 29, 6: 31, 7: 26, 8: 24, 9: 21, 10: 19, 11: 23, 12: 32, 13: 33,
    14: 8, 15: 10, 16: 36, 17: 11, 18: 12, 19: 35, 20: 38, 21: 40, 22: 15, 23: 16, 24: 18, 25: 22, 26: 37, 27: 13,
}  # fmt: skip
"""Contact of J8 by BCM number."""

GROUNDS = (6, 9, 14, 20, 25, 30, 34, 39)
"""Contacts that are ground."""

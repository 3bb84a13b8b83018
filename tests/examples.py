"""How many examples a property is tried with: all in the long run (`make soak`), a part of them in `make test`."""

from __future__ import annotations

import os

LONG = os.environ.get("TALON_LONG") == "1"
"""`make soak` sets it: every state of every page in every language, and whatever takes long without finding more."""

DEFAULT = 40
"""Of a property that names no number, where Hypothesis would take 100."""


def examples(number: int) -> int:
    """`number` in the long run, a quarter of it otherwise: the examples differ from run to run."""
    return number if LONG else max(1, number // 4)

"""What processes cost, as /proc tells it: CPU seconds and resident memory, by kind."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

TICK_S = 1 / os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Cost:
    """CPU seconds since its start, and resident memory in bytes."""

    cpu_s: float
    rss: int


def cost(pid: int) -> Cost:
    """Raises OSError when the process is gone."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    resident = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return Cost((int(fields[11]) + int(fields[12])) * TICK_S, resident * PAGE)


def below(pid: int) -> Sequence[int]:
    """The processes that descend from one, whatever their sessions."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found: list[int] = []
    front = [pid]
    while front:
        front = [child for one in front for child in parents.get(one, [])]
        found += front
    return found


def kind_of(pid: int) -> str:
    """`link`, or the program's name."""
    with suppress(OSError):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        return "link" if "sync.link" in words else Path(words[0]).name
    return ""


def costs(pids: Sequence[int]) -> Mapping[int, Cost]:
    """Of each that is still there."""
    found = {}
    for pid in pids:
        with suppress(OSError):
            found[pid] = cost(pid)
    return found

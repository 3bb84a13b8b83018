"""How much would travel: a catch-up, and a fresh snapshot. `python -m sync.backlog DB` prints both ratios.

Another process weighs, because closing a database in the office's own process would drop its locks
(sqlite.org/howtocorrupt.html, section 2.2), and because lz4 is no business of the office's process.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sync.litestream import meta_path

_SAMPLE = 1 << 20
_SAMPLES = 16
_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Weight:
    """Bytes on the line for each byte: of captured WAL, and of the database; `fresh_bytes` is a whole snapshot."""

    wal_ratio: float
    fresh_bytes: int


def weigh(db: Path) -> Weight | None:
    """Weigh a database and what Litestream keeps of it, by compressing up to 16 MB of each; None when that fails."""
    command = [sys.executable, "-m", "sync.backlog", str(db)]
    root = Path(__file__).resolve().parents[1]
    try:
        done = subprocess.run(
            command, cwd=root, stdin=subprocess.DEVNULL, capture_output=True, timeout=_PATIENCE_S, check=True
        )
        found = json.loads(done.stdout)
        return Weight(float(found["wal_ratio"]), int(found["fresh_bytes"]))
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError):
        return None


def _compressed(data: bytes) -> int:
    import lz4.frame  # type: ignore[import-untyped,unused-ignore]

    return len(lz4.frame.compress(data))


def _ratio(files: Iterable[Path]) -> float:
    """Compressed bytes for each byte, from samples spread over all the files."""
    sized = [(file, file.stat().st_size) for file in files]
    total = sum(size for _, size in sized)
    step = max(1, total // _SAMPLES)
    plain = packed = at = due = 0
    for file, size in sized:
        with file.open("rb") as f:
            while due < at + size:
                f.seek(due - at)
                data = f.read(_SAMPLE)
                plain, packed = plain + len(data), packed + _compressed(data)
                due += max(step, len(data), 1)
        at += size
    return packed / plain if plain else 1.0


def main() -> None:
    """Print the weights of the database named on the command line, as JSON."""
    db = Path(sys.argv[1])
    wal = sorted((meta_path(db) / "generations").glob("*/wal/*.wal"))
    fresh = round(db.stat().st_size * _ratio([db]))
    print(json.dumps({"wal_ratio": _ratio(wal), "fresh_bytes": fresh}))


if __name__ == "__main__":
    main()

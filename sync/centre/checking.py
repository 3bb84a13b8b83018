"""Checking a copy of a mirror in a process of its own, politely: `python -m sync.centre.checking FILE`.

A whole check replays the journal, which may take seconds; the centre goes on meanwhile.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from importlib import resources
from pathlib import Path

from appliance.store.reader import connect_reader
from appliance.store.verify import verify

LONGEST_S = 1800.0


def check(mirror: sqlite3.Connection, folder: Path) -> Sequence[str]:
    """What is wrong with a mirror, as short texts; none when it is what its journal says. Blocks; takes a copy first.

    `mirror` is a connection to it, `folder` a place for the copy.
    """
    with tempfile.TemporaryDirectory(dir=folder, prefix="check-") as made:
        copy = Path(made) / "copy.db"
        with closing(sqlite3.connect(copy)) as target:
            target.execute("PRAGMA synchronous = OFF")
            mirror.backup(target)
        command = [sys.executable, "-m", "sync.centre.checking", str(copy)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_S, check=False)
    if done.returncode != 0:
        return [f"check: {done.stderr.strip()[-200:] or done.returncode}"]
    found: list[str] = json.loads(done.stdout)
    return found


def faults(copy: Path) -> list[str]:
    """The faults of a file. One of another release's schema can't be replayed here: SQLite's own check has to do."""
    steps = [entry for entry in resources.files("appliance.store.schema").iterdir() if entry.name.endswith(".sql")]
    with closing(connect_reader(copy)) as db:
        (quick,) = db.execute("PRAGMA quick_check(5)").fetchone()
        (version,) = db.execute("PRAGMA user_version").fetchone()
    if quick != "ok":
        return [f"quick-check: {quick}"[:300]]
    if version != len(steps):
        return []
    report = verify(copy)
    return [f"{code}: {detail}"[:300] for code, detail in report.faults if not detail.startswith("UnknownEventError")]


def main() -> int:
    """Print the faults of the file named on the command line as JSON."""
    os.nice(19)
    try:
        found = faults(Path(sys.argv[1]))
    except sqlite3.DatabaseError as error:
        found = [f"sqlite: {error}"]
    json.dump(found, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())

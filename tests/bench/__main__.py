"""`python -m tests.bench [--only ROW ...] [--json FILE]`: the promises of performance, measured against their floors.

Ratios count: floor and subject take turns within one run. The exit code is 1 when a promise is not met or a
row broke.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.bench import card, cpu, history, issue, press, screens, start
from tests.bench.figures import Finding

ROWS: Mapping[str, Callable[[Path], list[Finding]]] = {
    "issue": issue.run,
    "press": press.run,
    "screens": screens.run,
    "history": history.run,
    "start": start.run,
    "memory": start.memory,
    "card": card.run,
    "cpu": cpu.run,
}


def main() -> int:
    """Run the rows and print what they found."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=list(ROWS), metavar="ROW", help=", ".join(ROWS))
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the findings there as well")
    parser.add_argument("--folder", type=Path, help="work there: the disk of this folder is what is measured")
    options = parser.parse_args()
    began = time.monotonic()
    print(machine())
    findings: list[Finding] = []
    for name in options.only or ROWS:
        findings += row(name, options.folder)
    print(f"\n{time.monotonic() - began:.0f} s, load now {load()}")
    if options.json is not None:
        document = {"machine": machine(), "findings": [finding.as_json() for finding in findings]}
        options.json.write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")
    return int(any(finding.verdict in ("NOT met", "FAILED") for finding in findings))


def row(name: str, folder: Path | None) -> list[Finding]:
    """One row in a folder of its own, printed."""
    began, before = time.monotonic(), load()
    print(f"{name} ...", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(prefix="talon-bench-", dir=folder, ignore_cleanup_errors=True) as home:
        try:
            findings = ROWS[name](Path(home))
        except Exception as error:  # the other rows are still worth their minutes
            traceback.print_exc()
            findings = [Finding(name, "the row broke", None, "", note=repr(error)[:300], failed=True)]
    print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    print(f"\n{name} (load {before} before, {load()} after)")
    for finding in findings:
        print(finding, flush=True)
    return findings


def load() -> str:
    """Processes that want a processor, over the last minute."""
    return f"{os.getloadavg()[0]:.1f}"


def machine() -> str:
    """Where this was measured."""
    return (
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        f"{os.cpu_count()} processors, {platform.machine()}, load {load()}"
    )


if __name__ == "__main__":
    raise SystemExit(main())

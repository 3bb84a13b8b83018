"""The figures of `talon simulate`, computed once more from its journal. Imports nothing of the project.

    python tests/independent/recompute_simulation.py JOURNAL [--norm-min 15]

Definitions: docs/estimates.md.
"""

import argparse
import hashlib
import json
import sys
from fractions import Fraction
from pathlib import Path


def rows_of(path):
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]


def chain_is_whole(rows):
    link = bytes(32)
    for number, row in enumerate(rows, start=1):
        body = json.dumps(row["body"], ensure_ascii=False, separators=(",", ":"))
        columns = [
            row[name] for name in ("seq", "at", "clock_trusted", "boot_id", "uptime_ms", "actor", "kind", "version")
        ]
        text = json.dumps([*columns, body], ensure_ascii=False, separators=(",", ":"))
        link = hashlib.sha256(link + text.encode()).digest()
        if row["seq"] != number or row["chain"] != link.hex():
            return False
    return True


def mean(values):
    return round(float(Fraction(sum(values)) / len(values)), 6) if values else None


def figures(rows, norm_min=15):
    tickets = {}
    turned_away = 0
    for row in rows:
        kind, body = row["kind"], row["body"]
        if kind == "VisitorTurnedAway":
            turned_away += 1
        if kind == "Undone":
            raise SystemExit("an undone act: these definitions don't cover it")
        number = body.get("ticket")
        if number is None:
            continue
        if kind == "TicketIssued":
            tickets[number] = {"issued": row["uptime_ms"], "told": body["told"], "call": None, "end": None}
            continue
        ticket = tickets[number]
        if kind == "TicketCalled":
            if ticket["call"] is None and not body["back"]:
                ticket["call"] = row["uptime_ms"]
            ticket["end"] = None
        elif kind == "TicketReturned":
            ticket["end"] = None
        elif kind == "ServiceFinished":
            ticket["end"] = "by-system" if body["by_system"] else "served"
        elif kind == "TicketMissed":
            ticket["end"] = "missed"
        elif kind == "TicketLeft":
            ticket["end"] = "left"
    called = [t for t in tickets.values() if t["call"] is not None]
    waits = sorted(Fraction(t["call"] - t["issued"], 1000) for t in called)
    told = [(Fraction(t["call"] - t["issued"], 1000), t["told"]) for t in called if t["told"] is not None]
    ranges = [(wait, low, high) for wait, (low, high, _, _) in told if high > 0]
    rank = -(-95 * len(waits) // 100)
    ends = [t["end"] for t in tickets.values()]
    return {
        "issued": len(tickets),
        "served": ends.count("served"),
        "missed": ends.count("missed"),
        "left": ends.count("left"),
        "turned_away": turned_away,
        "called": len(waits),
        "mean_wait_s": mean(waits),
        "p95_wait_s": float(waits[rank - 1]) if waits else None,
        "max_wait_s": float(waits[-1]) if waits else None,
        "share_over_norm": mean([int(wait > norm_min * 60) for wait in waits]),
        "estimates": len(told),
        "estimate_mae_s": mean([abs(t[2] - wait) for wait, t in told]),
        "naive_mae_s": mean([abs(t[3] - wait) for wait, t in told]),
        "ranges": len(ranges),
        "range_coverage": mean([int(low <= wait <= high) for wait, low, high in ranges]),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("journal")
    parser.add_argument("--norm-min", type=int, default=15, help="the wait norm of every service")
    options = parser.parse_args()
    rows = rows_of(options.journal)
    if not chain_is_whole(rows):
        print("the chain is broken", file=sys.stderr)
        return 1
    print(json.dumps(figures(rows, options.norm_min)))
    return 0


if __name__ == "__main__":
    sys.exit(main())

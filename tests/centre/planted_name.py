"""A planted name is gone from every byte of office and centre 24 hours after its term.

    python -m tests.centre.planted_name --hour-s 2

A name is kept in personal.db, which the real Litestream sends, sealed, to the centre's inbox beside queue.db; a stick
is plugged in too. Its term passes, the office erases in its first quiet minute. Every file of the office's and the
centre's folders is then searched: as it lies there, unsealed with the owner's identity, and unpacked. Time is scaled:
an hour lasts `--hour-s` seconds for the terms, the retention, the renewal and the inbox's purge alike. The control is
the same without the purge: it must find the name. The exit status is 0 when both are as they must be.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from appliance.domain.moment import Moment
from appliance.domain.office import Office
from appliance.store.personal import PersonalStore
from appliance.workers.erasing import ErasingWorker
from sync.centre.inbox import Inbox
from sync.litestream import PERSONAL, Copy, Pace, Seal
from sync.replica import Replica
from sync.seal import write_identity
from sync.target import FolderTarget, ReplicaPlace, S3Target
from tests.centre.inbox_helpers import INCARNATION, KEY, OFFICE, keys, served
from tests.centre.search_bytes import search
from tests.sync import writer
from tests.sync.helpers import EAGER, FAST, wait_complete

TERM_H = 2.0
PATIENCE_H = 24.0


@dataclass(frozen=True, slots=True)
class Found:
    """In how many files the name was found: at the office, and at the centre."""

    office: int
    centre: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run came to. `sealed`: its objects are; `gone_h`: so many hours after the term."""

    before: Found
    after: Found
    sealed: bool
    files: int
    gone_h: float | None


@contextmanager
def hourly(inbox: Inbox, hour_s: float) -> Iterator[None]:
    """The centre's own chore, twice an hour."""
    ended = threading.Event()

    def chores() -> None:
        while not ended.wait(hour_s / 2):
            inbox.purge(inbox.now_ms())

    thread = threading.Thread(target=chores)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def run(home: Path, hour_s: float, *, purge: bool) -> Outcome:
    """Plant the name, let its term pass, and search."""
    office, centre, stick = home / "office", home / "centre", home / "stick"
    for folder in (office, centre, stick):
        folder.mkdir(parents=True)
    recipient = write_identity(home / "owner.txt")
    owner = home / "owner.txt"
    scale = hour_s / 3600
    pace = replace(
        PERSONAL,
        sync_s=0.1,
        snapshot_s=PERSONAL.snapshot_s * scale,
        retention_s=PERSONAL.retention_s * scale,
        check_s=PERSONAL.check_s * scale,
        renew_s=PERSONAL.renew_s * scale,
    )
    began = time.time()

    def now() -> Moment:
        hours = (time.time() - began) / hour_s
        return Moment(round((began + hours * 3600) * 1000), True, "boot", round(hours * 3_600_000))

    inbox = Inbox(centre / "inbox", keys(), personal_hours=20 * scale)
    queue = writer.connect(office / "queue.db")
    store = PersonalStore(office / "personal.db")
    name = f"Ґудзь-Планер {secrets.token_hex(6)}"
    with served(inbox) as port, hourly(inbox, hour_s):
        (office / "secret").write_text(KEY.secret)
        target = S3Target(f"http://127.0.0.1:{port}", "offices", KEY.key_id, office / "secret")
        seal = Seal((recipient,), office / "keys" / "personal.txt")
        replica = Replica(
            office / "queue.db",
            ReplicaPlace(target, OFFICE, INCARNATION),
            office / "work",
            pace=FAST,
            patience=EAGER,
            also=[
                Copy("personal", store.path, ReplicaPlace(target, OFFICE, INCARNATION, "personal"), pace, seal),
                Copy("stick", office / "queue.db", ReplicaPlace(FolderTarget(stick), OFFICE, INCARNATION), Pace(0.1)),
            ],
        )
        here = SimpleNamespace(office=Office(), listen=lambda _: None)
        worker = ErasingWorker(cast(Any, here), store, now, lambda between: replica.fresh_snapshot("personal", between))
        replica.start()
        try:
            term = now().at_ms + round(TERM_H * 3_600_000)
            body = {"name": name, "phone": f"+380{secrets.randbelow(10**9):09d}", "text": f"{name} " * 200}
            ours = store.keep("booking", body, now().at_ms, term)
            store.keep("request", {"name": "Somebody Else", "text": "stays"}, now().at_ms, term + 10**10)
            queue.execute("INSERT INTO slip (number, body) VALUES (?, x'00')", (ours,))
            _settle(replica)
            before = Found(len(search(name, owner, [office])), len(search(name, owner, [centre])))
            first = next(file for file in centre.rglob("*.lz4") if "/personal/" in str(file))
            sealed = first.read_bytes().startswith(b"age-encryption.org/v1")
            gone_h = None
            end = term + round(PATIENCE_H * 3_600_000)
            next_search = time.monotonic()
            while (at := now().at_ms) < end:
                if purge:
                    worker.round()
                writer.add(queue)
                time.sleep(hour_s / 10)
                if purge and gone_h is None and at > term and time.monotonic() > next_search:
                    next_search = time.monotonic() + max(2.0, hour_s / 2)
                    if not search(name, owner, [office, centre, stick]):
                        gone_h = (at - term) / 3_600_000
            left = search(name, owner, [office, centre, stick])
            after = Found(
                sum(centre not in file.parents for file in left), sum(centre in file.parents for file in left)
            )
            files = sum(1 for file in home.rglob("*") if file.is_file())
            if purge and left:
                print("still in", *left, sep="\n  ")
            return Outcome(before, after, sealed, files, gone_h)
        finally:
            replica.stop()
            store.close()
            queue.close()


def _settle(replica: Replica) -> None:
    wait_complete(replica, 20)
    until = time.monotonic() + 20
    while any(state.lag_bytes or state.hint for state in replica.states().values()):
        if time.monotonic() > until:
            raise AssertionError(replica.states())
        time.sleep(0.05)


def holds(purged: Outcome, control: Outcome) -> bool:
    """Whether the name was there, is gone, and would have been found."""
    there = all(one.before.office and one.before.centre and one.sealed for one in (purged, control))
    return bool(there and purged.after == Found(0, 0) and control.after.office and control.after.centre)


def main() -> int:
    """Run both and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--hour-s", type=float, default=2.0, help="seconds that an hour lasts")
    hour_s = parser.parse_args().hour_s
    print(f"an hour lasts {hour_s} s; term {TERM_H:.0f} h, then {PATIENCE_H:.0f} h")
    print(f"{'':<10}{'files':>7}{'office before':>15}{'centre before':>15}{'office':>8}{'centre':>8}{'gone after':>12}")
    outcomes = []
    for title, purge in (("purged", True), ("control", False)):
        with tempfile.TemporaryDirectory(prefix="talon-name-") as folder:
            one = run(Path(folder), hour_s, purge=purge)
        outcomes.append(one)
        gone = "-" if one.gone_h is None else f"{one.gone_h:.1f} h"
        print(
            f"{title:<10}{one.files:>7}{one.before.office:>15}{one.before.centre:>15}"
            f"{one.after.office:>8}{one.after.centre:>8}{gone:>12}",
            flush=True,
        )
    good = holds(*outcomes)
    print("as expected" if good else "NOT AS EXPECTED")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

"""Harm that is done for once: two cards for one office, and objects that are gone. Who notices, and what heals it."""

from __future__ import annotations

import secrets
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import lz4.frame

import sync.centre.directives as directives_module
from sync.centre.follow import VERIFIED
from sync.centre.inbox.names import Kind, Lineage
from sync.centre.tokens import TokenKind
from tests.centre.hostile_inbox import newest_piece, stored
from tests.centre.hostile_scene import Card, Scene, until
from tests.centre.hostile_table import Table
from tests.centre.inbox_helpers import packed


def cards(table: Table) -> None:
    """Two cards where there should be one, and a card that comes back empty."""
    table.part("Cards")
    scene = table.scene
    _ask_often(scene)
    table.attack("an empty re-flashed box with the old keys", lambda: reflashed(scene, scene.cards["demo"]))
    scene.no_doubts("demo")
    table.attack(
        "a copy of the whole card runs beside it",
        lambda: copied(scene, scene.cards["demo"]),
        ("TicketIssued", "DirectiveSettled"),
    )
    scene.no_doubts("demo")
    table.attack(
        "a box restored with a new token, the old card goes on",
        lambda: restored(scene),
        ("IncarnationBegun", "BlockBegun", "TicketIssued", "DirectiveSettled"),
    )
    scene.no_doubts("north")


def reflashed(scene: Scene, card: Card) -> tuple[str, bool]:
    """The keys were kept, the queue wasn't: it begins a life of its own."""
    empty = scene.copy_of(card, scene.folder / "reflashed", database=False)
    refused = scene.centre.inbox.counting.refusals
    before = Counter(refused())
    scene.extra.append(empty.start())
    try:
        for _ in range(3):
            empty.ticket()
        time.sleep(12.0)
    finally:
        empty.stop()
    got = Counter(refused()) - before
    own = {one.incarnation for one in scene.centre.inbox.lineages() if one.office == card.office}
    told = ", ".join(f"{key}: {reason}" for key, reason in scene.doubts(card.office).items())
    asked = ", ".join(f"{count} x {code}" for code, count in got.items()) or "no PUT"
    return f"inbox: {asked}; doubt {told or 'none'}", own == {card.keys.incarnation} and "two-devices" in told


def copied(scene: Scene, card: Card) -> tuple[str, bool]:
    """One card, twice: the copy issues tickets of its own under the same numbers."""
    copy = scene.copy_of(card, scene.folder / "copied", database=True)
    scene.extra.append(copy.start())
    try:
        for _ in range(5):
            copy.ticket()
            card.ticket()
            time.sleep(2.0)
        until(lambda: "two-devices" in scene.doubts(card.office).values(), 60, "the copy is noticed")
        told = "; ".join(f"{key}: {reason}" for key, reason in scene.doubts(card.office).items())
    finally:
        copy.stop()
    card.ticket()
    took = scene.settled(card.office, 300)
    head = scene.centre.facts.head(card.office)
    aside = 0 if head is None else sum("~" in name for name in head.lives)
    return f"{told}; the copy gone: equal by itself in {took:.1f} s, {aside} histories aside", True


def restored(scene: Scene) -> tuple[str, bool]:
    """The successor takes over; what the old card says afterwards is refused."""
    old = scene.cards["north"]
    old_s3, old_key, old_device, old_pulse = old.s3, old.key, old.keys.device, scene.pulse("north")
    new = scene.enrolled("north", scene.folder / "north-2", TokenKind.REPLACE)
    old.ticket()
    put = scene.s3(old_s3).put(newest_piece(scene, old), b"x")
    status, found = scene.signed(old_key, old_device, "POST", "/link/v1/pulse", old_pulse.to_json().encode())()
    scene.cards["north"] = new.start()
    scene.extra.append(old)
    new.ticket()
    time.sleep(8.0)
    old.ticket()
    took = scene.settled("north", 120)
    old.stop()
    told = f"old: S3 {put.status} {put.code}, link {status} {found.get('code')}"
    return (
        f"{told}; new {new.keys.incarnation}, equal in {took:.1f} s",
        (put.code, found.get("code")) == ("AccessDenied", "revoked"),
    )


def wiped(table: Table) -> None:
    """Harm to the centre's own objects, and what heals it."""
    table.part("Harm to what the inbox holds of an office (the office goes on)")
    scene = table.scene
    card = scene.cards["demo"]
    settled = ("DirectiveSettled", "TicketIssued")
    table.attack(
        "its objects are gone behind the inbox's back",
        lambda: healed(scene, card, lambda: rm_objects(scene, card)),
        settled,
    )
    _ask_often(scene)
    table.attack(
        "its objects and its mirror are gone",
        lambda: healed(scene, card, lambda: rm_objects(scene, card, mirror=True)),
        settled,
    )
    table.attack(
        "all its objects deleted with its own key",
        lambda: healed(scene, card, lambda: delete_all(scene, card)),
        settled,
    )
    table.attack(
        "its snapshot replaced by another's, the mirror made of it",
        lambda: healed(scene, card, lambda: other_snapshot(scene, card)),
        settled,
    )
    table.attack(
        "a piece of nonsense before the office's own, own key",
        lambda: healed(scene, card, lambda: nonsense(scene, card)),
        settled,
    )
    scene.no_doubts("demo")


def _ask_often(scene: Scene) -> None:
    """Otherwise a second snapshot is asked for a minute, and made five minutes, after the first at the soonest."""
    directives_module.SNAPSHOT_AGAIN_MS, scene.centre.follower.asking._again_s = 5_000, 5.0


def healed(scene: Scene, card: Card, harm: Callable[[], str]) -> tuple[str, bool]:
    """Do harm, let a visitor come, and measure until everything is equal again, by itself."""
    scene.no_doubts(card.office)
    told = harm()
    seen: dict[str, str] = {}
    began = time.monotonic()
    card.ticket()
    with _watched(scene, card.office, seen):
        until(lambda: scene.doubts(card.office) or _restorable(scene, card), 60, "the harm is noticed")
        until(lambda: not _open_doubts(scene, card), 300, "no doubt is left but those a person settles")
        until(lambda: _restorable(scene, card), 60, "a snapshot is in sight")
        scene.settled(card.office, 60)
        whole_s = time.monotonic() - began
    doubts = ", ".join(sorted(set(seen.values()))) or "none"
    return f"{told}; doubt {doubts}; by itself equal and restorable in {whole_s:.1f} s", True


def _open_doubts(scene: Scene, card: Card) -> list[str]:
    """What must go by itself; that a key is in two hands only a person can settle."""
    return [key for key in scene.doubts(card.office) if not key.startswith(("inbox:", "device:"))]


@contextmanager
def _watched(scene: Scene, office: str, seen: dict[str, str]) -> Iterator[None]:
    """Note every doubt that shows meanwhile."""
    heard = lambda found, _records: seen.update(scene.doubts(office)) if found == office else None  # noqa: E731
    scene.centre.network.listen(heard)
    try:
        yield
    finally:
        scene.centre.network._listeners.remove(heard)


def _restorable(scene: Scene, card: Card) -> bool:
    """Whether somebody could restore this office now."""
    lineage = Lineage(card.office, card.keys.incarnation, "queue")
    newest = scene.centre.inbox.generations(lineage)
    return bool(newest) and bool(scene.centre.inbox.snapshots(lineage, newest[0].name))


def rm_objects(scene: Scene, card: Card, *, mirror: bool = False) -> str:
    """As if a disk had lost them."""
    shutil.rmtree(scene.process.config.inbox / "objects" / card.office)
    if mirror:
        shutil.rmtree(scene.process.config.mirrors / card.office)
    return "removed"


def delete_all(scene: Scene, card: Card) -> str:
    """As a thief of the card would."""
    thief, lineage = scene.s3(card.s3), Lineage(card.office, card.keys.incarnation, "queue")
    names = [
        name
        for one in scene.centre.inbox.generations(lineage)
        for name in scene.centre.inbox.contents(lineage, one.name)
    ]
    got = Counter(thief.send("DELETE", str(name)).status for name in names)
    return f"DELETE {dict(got)}"


def other_snapshot(scene: Scene, card: Card) -> str:
    """A database of somebody else under the office's own name."""
    lineage = Lineage(card.office, card.keys.incarnation, "queue")
    other = Lineage("north", scene.cards["north"].keys.incarnation, "queue")
    box = scene.centre.inbox
    name, theirs = (
        next(n for n in box.contents(one, box.generations(one)[0].name) if n.kind is Kind.SNAPSHOT)
        for one in (lineage, other)
    )
    answer = scene.s3(card.s3).put(name, stored(scene, theirs))
    # A mirror that goes on needs no snapshot. One that is made anew has a right journal, because the pieces hold it,
    # and wrong rows beside it: those are found by the check at the day's close, which is made here at once.
    shutil.rmtree(scene.process.config.mirrors / card.office)
    card.ticket()
    until(lambda: list(scene.facts(card.office)) == card.journal(), 30, "the mirror is made anew")
    if scene.mirror(card.office) == card.tables():
        return f"PUT {answer.status}; right all the same, the pieces hold every page"
    scene.centre.follower._checks.put((card.office, card.keys.incarnation))
    until(lambda: VERIFIED in scene.doubts(card.office), 60, "the check finds it")
    return f"PUT {answer.status}; the day's check: corrupt"


def nonsense(scene: Scene, card: Card) -> str:
    """Whole frames of a WAL whose checksums are wrong, under the name that the office will use next."""
    newest = newest_piece(scene, card)
    raw = lz4.frame.decompress(stored(scene, newest))
    frames = len(raw) - (32 if newest.offset == 0 else 0)
    body = packed(secrets.token_bytes(frames))
    name = replace(newest, offset=newest.offset + len(raw))
    answer = scene.s3(card.s3).put(name, body)
    return f"PUT {answer.status}"

"""What each attack gets, and that no office's data are harmed: `python -m tests.centre.hostile`.

A real centre and two real offices, `demo` and `north` (`tests.centre.hostile_scene`). After every attack each office's
own database, its mirror and its facts at the centre are compared row by row with what they were and with each other.
One line each: what was done, what it got, whether anything was harmed. The exit status is 1 when something got another
answer than it should, or an office's data were harmed.
"""

from __future__ import annotations

import argparse
import http.client
import json
import logging
import secrets
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import lz4.frame

import sync.centre.directives as directives_module
from appliance.enrolling import EnrolProblemError
from sync.centre.enrolling import EnrolRefusedError
from sync.centre.inbox.access import DeviceKey
from sync.centre.inbox.names import Kind, Lineage, ObjectName
from sync.centre.tokens import TokenKind
from sync.directive import SignedDirective
from sync.enrolment import EnrolmentError, join, read_token
from sync.signing import make_key, sign_directive
from tests.centre.hostile_scene import BUCKET, Card, Scene, Way, Witness, another, now_ms, until
from tests.centre.inbox_helpers import packed

TOKEN_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
DESK = ("DirectiveSettled", "DeskOpened", "DeskClosed")


class Table:
    """The attacks made so far. `wrong` has the titles of those that went otherwise than they should."""

    def __init__(self, scene: Scene, told: Callable[[str], None] = print) -> None:
        self.scene, self._told = scene, told
        self.count = 0
        self.wrong: list[str] = []

    def part(self, title: str) -> None:
        """A heading."""
        self._told(f"\n{title}")

    def attack(self, title: str, made: Callable[[], tuple[str, bool]], allowed: Sequence[str] = ()) -> None:
        """Make an attack, which answers what it got and whether that is as it should be, then look for harm."""
        witness = Witness(self.scene)
        began = time.monotonic()
        try:
            got, good = made()
        except (AssertionError, OSError, http.client.HTTPException) as error:
            got, good = f"{type(error).__name__}: {error}"[:200], False
        harm = witness.harm(allowed)
        self.count += 1
        if harm or not good:
            self.wrong.append(title)
        verdict = "" if good else "   NOT AS EXPECTED"
        self._told(
            f"{title:<58} | {got:<78} | {harm or 'no harm'} ({time.monotonic() - began:.1f} s){verdict}",
        )


# Directives.


def directives(table: Table) -> None:
    """Whoever sits in the middle of the line says directives; the office is `demo`."""
    table.part("Directives, said by whoever sits in the middle of the office's line")
    scene, way = table.scene, table.scene.way
    with way.in_the_middle(scene.cards["demo"].keys.device):
        _forgeries(table, way)
        _order_of_numbers(table, way)
    until(lambda: "demo" in scene.centre.link.connected(), 90, "the office listens to the centre again")


def issued(scene: Scene, desk: int, office: str = "demo", *, ago_s: float = 0.0, ttl_s: int = 600) -> SignedDirective:
    """An order of the centre as it goes over the line; `ago_s`: given so long ago."""
    given = scene.centre.directives
    real = given._now_ms
    given._now_ms = lambda: real() - round(ago_s * 1000)
    try:
        kind = "open-desk" if desk > 0 else "close-desk"
        order = given.issue(
            office, kind, {"desk": abs(desk)}, author="u1", author_name="Анна", reason="queue-long", ttl_s=ttl_s
        )
    finally:
        given._now_ms = real
    return given.after(office, order.seq - 1, 1)[0]


def outcomes(scene: Scene, seq: int, office: str = "demo") -> list[str]:
    """What the office's own journal says of directive `seq`."""
    bodies = [json.loads(row[8]) for row in scene.cards[office].journal() if row[6] == "DirectiveSettled"]
    return [str(body["outcome"]) for body in bodies if body["directive"] == seq]


def forgery(scene: Scene, way: Way, text: str, code: str) -> tuple[str, bool]:
    """Say something that must not be believed; what the office's next pulse tells of it."""
    before, _ = scene.forged("demo")
    way.say(text)
    until(lambda: scene.forged("demo")[0] > before, 30, "the office tells of a forgery")
    count, told = scene.forged("demo")
    return f"not handed over; pulse: forged={count} {told}", told == code and count == before + 1


def _forgeries(table: Table, way: Way) -> None:
    scene = table.scene
    mine, centre = make_key(), scene.centre.directive_keys.signer
    last = scene.centre.directives.newest("demo")
    genuine = issued(scene, 3)
    forged = replace(genuine.directive, id=secrets.token_hex(8), seq=last + 1, body={"desk": 5})
    by_me = sign_directive(mine, forged)
    table.attack("forged, signed with a key of its own", lambda: forgery(scene, way, by_me.to_json(), "unknown-key"))
    as_centre = replace(by_me, key=centre.id)
    table.attack(
        "forged, under the centre's key's name", lambda: forgery(scene, way, as_centre.to_json(), "bad-signature")
    )
    altered = replace(genuine, directive=replace(genuine.directive, body={"desk": 4}))
    table.attack("genuine, its desk altered", lambda: forgery(scene, way, altered.to_json(), "bad-signature"))
    longer = replace(genuine, directive=replace(genuine.directive, not_after_ms=genuine.directive.not_after_ms + 1))
    table.attack("genuine, its term prolonged", lambda: forgery(scene, way, longer.to_json(), "bad-signature"))
    theirs = issued(scene, 6, "north")
    until(lambda: outcomes(scene, theirs.directive.seq, "north"), 30, "north has its own directive")
    table.attack("genuine, of another office", lambda: forgery(scene, way, theirs.to_json(), "other-office"))
    cut = genuine.to_json()[:-40]
    table.attack("genuine, cut short", lambda: forgery(scene, way, cut, "malformed"))

    def doubled() -> tuple[str, bool]:
        way.say(genuine.to_json(), genuine.to_json())
        found = _outcomes_of(scene, genuine)
        return f"journal: {found} once", found == ["applied"]

    table.attack("genuine, doubled", doubled, DESK)

    def replayed() -> tuple[str, bool]:
        before = len(scene.cards["demo"].journal())
        way.say(genuine.to_json())
        renumbered = replace(genuine, directive=replace(genuine.directive, seq=genuine.directive.seq + 1))
        got, good = forgery(scene, way, renumbered.to_json(), "bad-signature")
        found, after = outcomes(scene, genuine.directive.seq), len(scene.cards["demo"].journal())
        return f"as it was: known, no entry; under the next number: {got}", good and found == [
            "applied"
        ] and before == after

    table.attack("genuine and settled, replayed", replayed)


def _outcomes_of(scene: Scene, signed: SignedDirective, wait_s: float = 2.0) -> list[str]:
    """The outcomes of a directive, a moment after the first has been written."""
    seq = signed.directive.seq
    until(lambda: outcomes(scene, seq), 30, f"directive {seq} is settled")
    time.sleep(wait_s)
    return outcomes(scene, seq)


def _order_of_numbers(table: Table, way: Way) -> None:
    scene = table.scene
    first, second = issued(scene, 7), issued(scene, 8)

    def reordered() -> tuple[str, bool]:
        way.say(second.to_json())
        time.sleep(2.0)
        early = outcomes(scene, second.directive.seq)
        until(lambda: way.listening, 60, "the office asks again from its cursor")
        way.say(first.to_json(), second.to_json())
        found = [*_outcomes_of(scene, first, 0), *_outcomes_of(scene, second)]
        return f"the later alone: {early or 'gap, asked again'}; then both in order: {found}", (
            not early and found == ["applied", "applied"]
        )

    table.attack("two genuine ones, reordered", reordered, DESK)
    late = issued(scene, 9, ago_s=600, ttl_s=60)

    def expired() -> tuple[str, bool]:
        way.say(late.to_json())
        found = _outcomes_of(scene, late)
        return f"journal: {found}, desk 9 stays closed", found == ["expired"]

    table.attack("genuine, held back for ten minutes of one", expired, ("DirectiveSettled",))


# The inbox.


def inbox(table: Table, *, bomb: bool = True) -> None:
    """What the S3 key of a stolen card opens, and what no key opens."""
    table.part("The inbox (S3)")
    scene = table.scene
    demo, north = scene.cards["demo"], scene.cards["north"]
    thief, theirs = scene.s3(demo.s3), newest_piece(scene, north)
    mine = newest_piece(scene, demo)
    bytes_ = stored(scene, mine)

    def asked(device: Any, method: str, key: Any, body: bytes = b"", code: str = "", **more: Any) -> tuple[str, bool]:
        answer = device.send(method, str(key), body, **more)
        return f"{answer.status} {answer.code}", answer.code == code and answer.status >= 400

    strangers = {
        "the right key id, a wrong secret": (another(demo.s3, secret="x" * 43), "SignatureDoesNotMatch"),
        "an unknown key": (DeviceKey("d0000000000000000.1", "x" * 43, "demo"), "InvalidAccessKeyId"),
    }
    for title, (key, code) in strangers.items():
        table.attack(title, lambda key=key, code=code: asked(scene.s3(key), "PUT", next_to(mine), bytes_, code))
    denied = "AccessDenied"
    for method in ("PUT", "DELETE", "GET"):
        table.attack(
            f"{method} under another office's prefix",
            lambda method=method: asked(thief, method, theirs, bytes_ if method == "PUT" else b"", denied),
        )
    table.attack(
        "LIST another office",
        lambda: asked(thief, "GET", "", code=denied, query={"list-type": "2", "prefix": "north/"}),
    )
    table.attack("DELETE of many, another office's among them", lambda: delete_many(scene, thief, theirs))
    elsewhere = replace(mine, lineage=replace(mine.lineage, incarnation="0009-feed"))
    table.attack("PUT under another incarnation", lambda: asked(thief, "PUT", elsewhere, bytes_, denied))
    table.attack("a piece cut short", lambda: asked(thief, "PUT", next_to(mine), bytes_[:-7], "InvalidPiece"))
    flipped = bytearray(bytes_)
    flipped[len(flipped) // 2] ^= 0x20
    table.attack(
        "a piece with one bit turned", lambda: asked(thief, "PUT", next_to(mine), bytes(flipped), "InvalidPiece")
    )
    table.attack(
        "a body changed on its way",
        lambda: asked(thief, "PUT", next_to(mine), bytes(flipped), "XAmzContentSHA256Mismatch", sha256=_sha(bytes_)),
    )
    table.attack("a body that ends early", lambda: hung_up(scene, demo.s3, next_to(mine), bytes_))
    table.attack(
        "odd names: traversal, other databases, control letters", lambda: odd_names(scene, thief, demo, bytes_)
    )
    table.attack("a body of 600 MB, as declared", lambda: oversize(scene, demo.s3, next_to(mine)))
    if bomb:
        table.attack(
            "9 MB that unpack to more than 2 GiB",
            lambda: asked(thief, "PUT", next_to(mine), lz4_bomb(), "EntityTooLarge"),
        )
    table.attack("the same piece again, signed anew", lambda: _same_again(thief, mine, bytes_))
    table.attack("the same name, other bytes", lambda: changed_piece(scene, thief, mine, bytes_))
    scene.no_doubts("demo")


def newest_piece(scene: Scene, card: Card) -> ObjectName:
    """The newest piece of the WAL that the centre has of a card."""
    lineage = Lineage(card.office, card.keys.incarnation, "queue")
    generation = scene.centre.inbox.generations(lineage)[0].name
    return [one for one in scene.centre.inbox.contents(lineage, generation) if one.kind is Kind.WAL][-1]


def stored(scene: Scene, name: ObjectName) -> bytes:
    """Its bytes."""
    path = scene.centre.inbox.find(name)
    assert path is not None
    return path.read_bytes()


def next_to(name: ObjectName) -> ObjectName:
    """A name that nobody has used: the beginning of a later WAL."""
    return replace(name, index=name.index + 1000, offset=0)


def _sha(body: bytes) -> str:
    import hashlib

    return hashlib.sha256(body).hexdigest()


def _same_again(thief: Any, name: ObjectName, body: bytes) -> tuple[str, bool]:
    answer = thief.put(name, body)
    return f"{answer.status}, nothing stored", answer.status == 200


def changed_piece(scene: Scene, thief: Any, name: ObjectName, body: bytes) -> tuple[str, bool]:
    """Another history under the name of a piece that is there."""
    raw = bytearray(lz4.frame.decompress(body))
    raw[-100] ^= 1
    answer = thief.put(name, packed(bytes(raw)))
    doubts = scene.doubts("demo")
    told = "; ".join(f"{key}: {reason}" for key, reason in doubts.items())
    return f"{answer.status} {answer.code}, doubt {told}", answer.status == 409 and "two-devices" in doubts.values()


def delete_many(scene: Scene, thief: Any, theirs: ObjectName) -> tuple[str, bool]:
    """One document that asks for another office's object to go."""
    document = f"<Delete><Object><Key>{theirs}</Key></Object></Delete>".encode()
    answer = thief.send("POST", "", document, query={"delete": ""})
    there = scene.centre.inbox.find(theirs) is not None
    return f"{answer.status}, for the object: {answer.code}", answer.code == "AccessDenied" and there


def hung_up(scene: Scene, key: DeviceKey, name: ObjectName, body: bytes) -> tuple[str, bool]:
    """A connection that breaks in the middle of the body."""
    before = _hung(scene)
    device = scene.s3(key)
    device.connection = http.client.HTTPConnection("127.0.0.1", scene.devices_port, timeout=1)
    with suppress(TimeoutError):
        device.send("PUT", str(name), body[:50], headers={"content-length": str(len(body))})
    device.close()
    noticed = until(lambda: _hung(scene) > before, 10, "the broken connection is counted")
    return "nothing stored, counted as hung-up", bool(noticed)


def _hung(scene: Scene) -> int:
    return scene.centre.inbox.counting.refusals().get("hung-up", 0)


ODD = (
    "{own}/queue/generations/{gen}/wal/../../../../../north/x",
    "{own}/../../north/{rest}",
    "../../../etc/passwd",
    "/etc/passwd",
    "{own}/queue/generations/{gen}/snapshots/../../00000000.snapshot.lz4",
    "{own}/queue/generations/..%2f..%2f/wal/00000000_00000000.wal.lz4",
    "{own}/queue/generations/{gen}/wal/00000000_00000000.wal.lz4\x00.txt",
    "{own}/queue/generations/{gen}/wal/0000000A_00000000.wal.lz4",
    "{own}/queue/generations/{gen}/wal/00000000_00000000.wal",
    "{own}/local/generations/{gen}/wal/00000000_00000000.wal.lz4",
    "{own}/queue/generations/{gen}/wal/" + "0" * 5000,
    "{own}/queue/generations/ЁЖ/wal/00000000_00000000.wal.lz4",
    "{own}//queue/generations/{gen}/wal/00000000_00000000.wal.lz4",
    "{own}\\..\\north",
    "{own}/queue/generations/{gen}/wal/00000000_00000000.wal.lz4/",
    "{own}/",
)


def odd_names(scene: Scene, thief: Any, card: Card, body: bytes) -> tuple[str, bool]:
    """Names that no Litestream writes."""
    before = files_of(scene)
    generation = scene.centre.inbox.generations(Lineage(card.office, card.keys.incarnation, "queue"))[0].name
    got: Counter[str] = Counter()
    for pattern in ODD:
        name = pattern.format(own=card.own, gen=generation, rest="queue")
        for method in ("PUT", "DELETE"):
            answer = thief.send(method, name, body if method == "PUT" else b"")
            got[f"{answer.status} {answer.code}"] += 1
    raw = raw_path(scene, card.s3, f"/{BUCKET}/%2e%2e/%2e%2e/etc/passwd", body)
    got[raw] += 1
    told = ", ".join(f"{count} x {code}" for code, count in sorted(got.items()))
    new = files_of(scene) - before
    return f"{told}; new files {len(new)}", not new and not any(code.startswith(("2", "5")) for code in got)


def raw_path(scene: Scene, key: DeviceKey, path: str, body: bytes) -> str:
    """A signed PUT whose path is sent as it stands."""
    from sync.centre.inbox.signature import SignedRequest, authorization

    date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    headers = {"host": f"127.0.0.1:{scene.devices_port}", "x-amz-date": date, "x-amz-content-sha256": _sha(body)}
    headers["authorization"] = authorization(SignedRequest("PUT", path, "", headers), key.key_id, key.secret, date)
    connection = http.client.HTTPConnection("127.0.0.1", scene.devices_port, timeout=30)
    connection.request("PUT", path, body, headers)
    answer = connection.getresponse()
    text = answer.read().decode("utf-8", "replace")
    connection.close()
    return f"{answer.status} {text.partition('<Code>')[2].partition('</Code>')[0]}"


def files_of(scene: Scene) -> set[str]:
    """Every file of the centre, but databases that live and objects of genuine names."""
    data = scene.process.config.data
    return {
        str(path.relative_to(data))
        for path in data.rglob("*")
        if path.is_file() and "incoming" not in path.parts and not path.name.startswith(("centre.db", "queue.db"))
    }


def oversize(scene: Scene, key: DeviceKey, name: ObjectName) -> tuple[str, bool]:
    """So large a body is refused by its declared length: nothing of it is read."""
    answer = scene.s3(key).send(
        "PUT", str(name), b"", headers={"content-length": str(600 << 20), "expect": "100-continue"}
    )
    return f"{answer.status} {answer.code}", answer.code == "EntityTooLarge"


def lz4_bomb() -> bytes:
    """Zeros without end, packed well."""
    frame = lz4.frame.LZ4FrameCompressor(block_size=lz4.frame.BLOCKSIZE_MAX4MB)
    zeros = bytes(4 << 20)
    parts = [frame.begin()]
    head = bytearray(zeros)
    head[:16] = b"SQLite format 3\x00"
    parts.append(frame.compress(bytes(head)))
    parts += [frame.compress(zeros) for _ in range((2 << 30) // len(zeros))]
    parts.append(frame.flush())
    return b"".join(parts)


# The link.


def link(table: Table) -> None:
    """Requests to the link that nobody should believe."""
    table.part("The link")
    scene = table.scene
    demo, north = scene.cards["demo"], scene.cards["north"]
    key, device, told = demo.key, demo.keys.device, scene.pulse("demo")
    target = "/link/v1/pulse"

    def pulse(
        code: str, status: int, body: bytes, key: Any = key, device: str = device, at_ms: int | None = None
    ) -> tuple[str, bool]:
        found = scene.signed(key, device, "POST", target, body, at_ms)()
        return f"{found[0]} {found[1].get('code', '')}", found == (status, found[1]) and found[1].get("code") == code

    body = told.to_json().encode()
    table.attack("a pulse signed with another key", lambda: pulse("bad-signature", 401, body, make_key()))
    table.attack("a pulse of an unknown device", lambda: pulse("unknown-device", 401, body, device="dffffffffffffffff"))
    table.attack("a pulse signed five minutes ago", lambda: pulse("clock", 401, body, at_ms=now_ms() - 300_000))
    of_north = replace(told, office="north").to_json().encode()
    table.attack("a pulse for another office", lambda: pulse("other-office", 403, of_north))
    huge = b"{" + b" " * 9000 + b"}"
    table.attack("a pulse of 9 kB", lambda: pulse("too-long", 413, huge))

    def odd_facts() -> tuple[str, bool]:
        got = Counter(odd_pulse(scene, demo, told, facts) for facts in ODD_FACTS)
        scene.centre.watching.look(now_ms())
        pages = scene.page("/office/demo"), scene.page("/wall")
        return f"{dict(got)}; pages {pages}; the alarms are looked at", pages == (200, 200) and set(got) <= {200, 400}

    table.attack("pulses whose facts are nonsense, NaN, endless numbers", odd_facts)

    def replayed() -> tuple[str, bool]:
        send = scene.signed(key, device, "POST", target, body)
        first, second = send(), send()
        return f"first {first[0]}, again {second[0]} {second[1].get('code')}", (first[0], second[1].get("code")) == (
            200,
            "replayed",
        )

    table.attack("a request replayed", replayed)

    def altered() -> tuple[str, bool]:
        from sync.signing import sign_request

        header = sign_request(key, device, "POST", target, body, now_ms())
        status, found = scene.asked(scene.devices_port, "POST", target, body + b" ", header)
        return f"{status} {found.get('code')}", found.get("code") == "bad-signature"

    table.attack("a request altered on its way", altered)

    def listens() -> tuple[str, bool]:
        path = "/link/v1/directives?after=0&session=thief"
        status, found = scene.signed(north.key, north.keys.device, "GET", path)()
        offices = {one["directive"]["office"] for one in found.get("directives", [])}
        return f"{status}, directives of {sorted(offices) or 'nobody'}", status == 200 and offices <= {"north"}

    table.attack("another office's key asks for directives", listens)
    table.attack("a stolen key pulses in a second session, 100 entries ahead", lambda: second_session(scene, demo))
    scene.no_doubts("demo")


ODD_FACTS = (
    '"health":{"disk_free_mb":NaN,"temp_c":Infinity}',
    '"health":{"disk_free_mb":1e999,"forged":-1e999}',
    '"health":{"disk_free_mb":"much","temp_c":{"a":[1]},"forged":[],"directive_stuck":{}}',
    '"replica":{"condition":{"a":1},"lag_s":"long","hint":[1]}',
    '"replica":{}',
    '"versions":{"talon":{"a":1}}',
    '"clock_offset_ms":1' + "0" * 400,
    '"seq":-1',
    '"directive":99999999999999999999999',
)
"""Facts of a pulse that no office would tell; put behind the others, they take their place."""


def odd_pulse(scene: Scene, card: Card, told: Any, facts: str) -> int:
    """Send a pulse with these facts, in the office's own session."""
    count = scene.pulse(card.office).count
    text = replace(told, session=scene.pulse(card.office).session, count=count + 1).to_json()
    body = f"{text[:-1]},{facts}}}".encode()
    return scene.signed(card.key, card.keys.device, "POST", "/link/v1/pulse", body)()[0]


def second_session(scene: Scene, card: Card) -> tuple[str, bool]:
    """A thief pulses with a copied key while the office goes on."""
    real = scene.pulse(card.office)
    lie = replace(real, session="thief", seq=real.seq + 100, chain="ab" * 32)

    def say(count: int) -> tuple[int, str]:
        body = replace(lie, count=count).to_json().encode()
        status, found = scene.signed(card.key, card.keys.device, "POST", "/link/v1/pulse", body)()
        return status, str(found.get("code", ""))

    key, began = f"device:{card.keys.device}", time.monotonic()
    said = [say(1)]
    while said[-1][0] == 200 and time.monotonic() < began + 60:
        time.sleep(1.0)
        said.append(say(len(said) + 1))
    refused_s = time.monotonic() - began
    noticed = key in scene.doubts(card.office)
    until(lambda: scene.pulse(card.office).session != "thief", 30, "the office's own pulses count")
    return (
        f"{len(said) - 1} x 200 (a restart?), after {refused_s:.1f} s {said[-1][0]} {said[-1][1]}; doubt two-devices",
        said[-1] == (409, "two-devices") and noticed,
    )


# Enrolment.


def enrolment(table: Table) -> None:
    """Tokens, used as they should not be."""
    table.part("Enrolment")
    scene = table.scene
    enrolling = scene.centre.enrolling
    numbers = iter(range(1000))

    def joins(token: str, office: str = "demo") -> str:
        try:
            join(scene.folder / f"thief-{next(numbers)}", scene.enrol_url, read_token(token), office, {})
        except EnrolmentError as error:
            return error.code
        return "joined"

    def twice() -> tuple[str, bool]:
        token = enrolling.issue_token("demo", TokenKind.REPLACE, "test")
        first, second = joins(token), joins(token)
        known = [one for one in scene.centre.keys.devices("demo") if not one.confirmed and not one.revoked_ms]
        for one in known:
            scene.centre.keys.revoke(one.id, "test")
        return f"first {first}, second box {second}", (first, second) == ("joined", "token-used")

    table.attack("a token used by a second box", twice)

    def expired() -> tuple[str, bool]:
        token = enrolling.issue_token("demo", TokenKind.REPLACE, "test")
        real = enrolling.tokens._now_ms
        enrolling.tokens._now_ms = lambda: real() + 8 * 86_400_000
        try:
            got = joins(token)
        finally:
            enrolling.tokens._now_ms = real
        return got, got == "token-expired"

    table.attack("a token eight days old", expired)

    def of_other() -> tuple[str, bool]:
        got = joins(enrolling.issue_token("north", TokenKind.REPLACE, "test"))
        return got, got == "other-office"

    table.attack("a token of another office", of_other)

    def withdrawn() -> tuple[str, bool]:
        token = enrolling.issue_token("demo", TokenKind.REPLACE, "test")
        enrolling.tokens.withdraw(enrolling.tokens.all("demo")[0].id)
        got = joins(token)
        return got, got == "token-withdrawn"

    table.attack("a withdrawn token", withdrawn)

    def second_device() -> tuple[str, bool]:
        try:
            enrolling.issue_token("demo", TokenKind.NEW, "test")
        except EnrolRefusedError as error:
            return f"no token is made: {error.code}", error.code == "office-has-device"
        return "a token was made", False

    table.attack("a second device for an office that has one", second_device)

    def guessed() -> tuple[str, bool]:
        prefix = enrolling.issue_token("demo", TokenKind.REPLACE, "test").rpartition(".")[0]
        got = Counter(joins(f"{prefix}.{''.join(secrets.choice(TOKEN_LETTERS) for _ in range(26))}") for _ in range(30))
        told = ", ".join(f"{count} x {code}" for code, count in sorted(got.items()))
        return told, set(got) == {"token-unknown", "wait"} and got["wait"] > 15

    table.attack("a token guessed thirty times", guessed)


# Cards.


def cards(table: Table) -> None:
    """Two cards where there should be one, and a card that comes back empty."""
    table.part("Cards")
    scene = table.scene
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
    return f"{told}; the copy gone, equal again in {took:.1f} s", True


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
    return (
        f"old: S3 {put.status} {put.code}, link {status} {found.get('code')}; new {new.keys.incarnation}, equal in {took:.1f} s",
        (put.code, found.get("code")) == ("AccessDenied", "revoked"),
    )


# The inbox itself.


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
    # Otherwise a second snapshot is asked for five minutes after the first at the soonest.
    directives_module.SNAPSHOT_AGAIN_MS = 5_000
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
        "its snapshot replaced by another office's, own key",
        lambda: healed(scene, card, lambda: other_snapshot(scene, card)),
        settled,
    )
    table.attack(
        "a piece of nonsense before the office's own, own key",
        lambda: healed(scene, card, lambda: nonsense(scene, card)),
        settled,
    )
    scene.no_doubts("demo")


def healed(scene: Scene, card: Card, harm: Callable[[], str]) -> tuple[str, bool]:
    """Do harm, let a visitor come, and measure until everything is equal again, by itself."""
    scene.no_doubts(card.office)
    told = harm()
    seen: dict[str, str] = {}
    began = time.monotonic()
    card.ticket()
    with _watched(scene, card.office, seen):
        until(lambda: scene.doubts(card.office) or _restorable(scene, card), 60, "the harm is noticed")
        until(lambda: not scene.doubts(card.office), 300, "no doubt is left")
        until(lambda: _restorable(scene, card), 60, "a snapshot is in sight")
        scene.settled(card.office, 60)
        whole_s = time.monotonic() - began
    doubts = ", ".join(sorted(set(seen.values()))) or "none"
    return f"{told}; doubt {doubts}; by itself equal and restorable in {whole_s:.1f} s", True


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
    return f"PUT {answer.status}"


def nonsense(scene: Scene, card: Card) -> str:
    """Whole frames of a WAL whose checksums are wrong, under the name that the office will use next."""
    newest = newest_piece(scene, card)
    raw = lz4.frame.decompress(stored(scene, newest))
    frames = len(raw) - (32 if newest.offset == 0 else 0)
    body = packed(secrets.token_bytes(frames))
    name = replace(newest, offset=newest.offset + len(raw))
    answer = scene.s3(card.s3).put(name, body)
    return f"PUT {answer.status}"


PARTS: dict[str, Callable[[Table], None]] = {
    "directives": directives,
    "inbox": inbox,
    "link": link,
    "wiped": wiped,
    "cards": cards,
    "enrolment": enrolment,
}


def main() -> int:
    """Make every attack and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--parts", nargs="+", choices=list(PARTS), default=list(PARTS))
    wanted = parser.parse_args()
    logging.disable(logging.CRITICAL)  # Trouble is what is asked for here.
    with tempfile.TemporaryDirectory(prefix="talon-hostile-") as folder:
        scene = Scene(Path(folder))
        try:
            scene.start(*scene.cards)
            table = Table(scene, lambda text: print(text, flush=True))
            for part in wanted.parts:
                PARTS[part](table)
        finally:
            scene.close()
    print(f"\n{table.count} attacks, {len(table.wrong)} not as expected")
    for title in table.wrong:
        print(f"  {title}")
    return 1 if table.wrong else 0


__all__ = ["EnrolProblemError", "quote"]

if __name__ == "__main__":
    sys.exit(main())

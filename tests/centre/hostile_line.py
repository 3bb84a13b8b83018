"""Attacks on the line of an office: forged directives, requests and pulses that nobody should believe, tokens."""

from __future__ import annotations

import json
import secrets
import time
from collections import Counter
from dataclasses import replace
from typing import Any

from sync.centre.enrolling import EnrolRefusedError
from sync.centre.tokens import TokenKind
from sync.directive import SignedDirective
from sync.enrolment import EnrolmentError, join, read_token
from sync.signing import make_key, sign_directive, sign_request
from tests.centre.hostile_scene import Card, Scene, Way, now_ms, until
from tests.centre.hostile_table import Table

DESK = ("DirectiveSettled", "DeskOpened", "DeskClosed")
TOKEN_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


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


def link(table: Table, *, live: bool = True) -> None:
    """Requests to the link that nobody should believe. `live`: the office itself pulses meanwhile."""
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
    if live:
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

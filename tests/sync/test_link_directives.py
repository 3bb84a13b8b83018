"""What the link makes of directives: forged, altered, doubled, out of order, late, and before an office that fails.

The office behind it is the real one: its socket's answers, its writer, its journal.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from appliance.centre_line import CentreLine, Watched
from sync.link_directives import TRIES, Receiver, Taken
from sync.link_office import OfficeAwayError
from sync.signing import make_key
from tests.sync.link_scene import OFFICE, RealOffice, now_ms, signed

KEY = make_key()


class Scene:
    """A receiver before a real office."""

    def __init__(self, data: Path) -> None:
        self.office = RealOffice(data)
        self.line = CentreLine(
            data, Watched(self.office.writer, self.office.clock, data / "queue.db", tuple, lambda: None)
        )
        self.handed: list[Mapping[str, Any]] = []
        self.receiver = self.fresh()

    def fresh(self) -> Receiver:
        """A new life of the link."""
        keys = {KEY.id: KEY.public}
        return Receiver(OFFICE, lambda: keys, self.hand_over, now_ms, threading.Event(), pause_s=0.001)

    def hand_over(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        self.handed.append(request)
        return self.line.answer(json.dumps(request).encode())


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    found = Scene(tmp_path / "data")
    yield found
    found.office.close()


def test_in_order_each_is_settled_once(scene: Scene) -> None:
    took = [scene.receiver.take(signed(KEY, seq).to_json()) for seq in (1, 2, 3)]
    assert took == [Taken.SETTLED] * 3
    assert scene.receiver.settled == 3
    assert scene.office.settled() == [(n, "call-technician", "applied") for n in (1, 2, 3)]


def test_doubled_ones_are_settled_once_even_by_a_link_that_has_forgotten(scene: Scene) -> None:
    text = signed(KEY, 1).to_json()
    assert scene.receiver.take(text) is Taken.SETTLED
    assert scene.receiver.take(text) is Taken.OLD
    assert len(scene.handed) == 1
    assert scene.fresh().take(text) is Taken.SETTLED  # handed over again, and answered as settled before
    assert len(scene.handed) == 2
    assert scene.office.settled() == [(1, "call-technician", "applied")]


def test_reordered_ones_wait_for_what_is_missing(scene: Scene) -> None:
    first, second, third = (signed(KEY, seq).to_json() for seq in (1, 2, 3))
    assert scene.receiver.take(third) is Taken.GAP
    assert scene.receiver.take(first) is Taken.SETTLED
    assert scene.receiver.take(third) is Taken.GAP
    assert scene.receiver.take(second) is Taken.SETTLED
    assert scene.receiver.take(third) is Taken.SETTLED
    assert [seq for seq, _, _ in scene.office.settled()] == [1, 2, 3]


def test_a_cursor_that_is_ahead_of_the_journal_is_put_right(scene: Scene) -> None:
    scene.receiver.settled = 7  # the office was restored from an older copy meanwhile
    assert scene.receiver.take(signed(KEY, 8).to_json()) is Taken.GAP
    assert scene.receiver.settled == 0
    assert scene.office.settled() == []


def test_an_expired_one_is_settled_as_expired_and_changes_nothing(scene: Scene) -> None:
    before = scene.office.writer.office
    text = signed(KEY, 1, "pause", {"reason": "fire"}, ttl_ms=-1).to_json()
    assert scene.receiver.take(text) is Taken.SETTLED
    assert scene.office.settled() == [(1, "pause", "expired")]
    assert scene.office.writer.office.pauses == before.pauses


def test_a_refused_one_does_not_hold_up_the_next(scene: Scene) -> None:
    assert scene.receiver.take(signed(KEY, 1, "open-desk", {"desk": 99}).to_json()) is Taken.SETTLED
    assert scene.receiver.take(signed(KEY, 2).to_json()) is Taken.SETTLED
    assert [outcome for _, _, outcome in scene.office.settled()] == ["refused", "applied"]


def forged() -> Mapping[str, str]:
    """What must never be handed over, by name."""
    good = signed(KEY, 1)
    other = make_key()
    parts = json.loads(good.to_json())
    return {
        "altered body": replace(good, directive=replace(good.directive, body={"note": "other"})).to_json(),
        "altered number": replace(signed(KEY, 2), directive=good.directive).to_json(),
        "longer term": replace(
            good, directive=replace(good.directive, not_after_ms=good.directive.not_after_ms + 1)
        ).to_json(),
        "another key": signed(other, 1).to_json(),
        "another key in the true one's name": replace(signed(other, 1), key=KEY.id).to_json(),
        "another office": signed(KEY, 1, office="office-18").to_json(),
        "another office, name put right": json.dumps(
            {**json.loads(signed(KEY, 1, office="office-18").to_json()), "directive": asdict(good.directive)}
        ),
        "no signature": json.dumps({**parts, "signature": ""}),
        "half a signature": json.dumps({**parts, "signature": parts["signature"][:64]}),
        "signature of another": json.dumps({**parts, "signature": signed(KEY, 2).signature.hex()}),
        "one more field": json.dumps({**parts, "directive": {**parts["directive"], "extra": 1}}),
        "half a surrogate": good.to_json().replace("look", "\\ud800"),
        "not JSON": good.to_json()[:-3],
        "empty": "",
        "nested without end": "[" * 200_000,
        "a list": "[]",
        "seq as text": good.to_json().replace('"seq":1', '"seq":"1"'),
        "seq as truth": good.to_json().replace('"seq":1', '"seq":true'),
    }


@pytest.mark.parametrize("name", [*forged()])
def test_a_forgery_is_counted_and_never_handed_over(scene: Scene, name: str) -> None:
    assert scene.receiver.take(forged()[name]) is Taken.FORGED
    assert scene.handed == []
    assert scene.receiver.forged == 1
    assert scene.receiver.last_forgery
    # And the true one still gets its turn.
    assert scene.receiver.take(signed(KEY, 1).to_json()) is Taken.SETTLED
    assert scene.office.settled() == [(1, "call-technician", "applied")]


def test_the_office_itself_refuses_what_is_for_another(scene: Scene) -> None:
    request = {"directive": signed(KEY, 1, office="office-18").to_json(), "centre_ms": None}
    assert scene.hand_over(request)["error"] == "forged"
    assert scene.hand_over({"directive": "{}"})["error"] == "forged"
    assert scene.office.settled() == []


def test_an_internal_error_is_tried_again_so_often_and_then_settled_as_refused(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    from appliance.domain import directives

    def broken(*_: object) -> Any:
        raise RuntimeError("a bug")

    monkeypatch.setattr(directives, "_effects", broken)
    assert scene.receiver.take(signed(KEY, 1).to_json()) is Taken.SETTLED
    assert len(scene.handed) == TRIES + 1
    monkeypatch.undo()
    assert scene.receiver.take(signed(KEY, 2).to_json()) is Taken.SETTLED
    assert [outcome for _, _, outcome in scene.office.settled()] == ["refused", "applied"]
    assert scene.office.deaths == []


def test_an_office_that_is_away_or_busy_only_makes_it_wait(scene: Scene) -> None:
    real, troubles = scene.hand_over, iter(["away", "mailbox-full", "no-answer"])

    def troubled(request: Mapping[str, Any]) -> Mapping[str, Any]:
        trouble = next(troubles, "")
        if trouble == "away":
            raise OfficeAwayError("gone")
        return {"error": trouble} if trouble else real(request)

    scene.receiver._hand_over = troubled
    text = signed(KEY, 1).to_json()
    assert [scene.receiver.take(text) for _ in range(3)] == [Taken.STUCK] * 3
    assert scene.receiver.stuck == 1
    assert scene.receiver.take(text) is Taken.SETTLED
    assert scene.receiver.stuck == 0
    assert scene.office.settled() == [(1, "call-technician", "applied")]


def test_an_answer_that_was_lost_after_the_commit_costs_nothing(scene: Scene) -> None:
    real = scene.hand_over
    lost = iter([True])

    def losing(request: Mapping[str, Any]) -> Mapping[str, Any]:
        answer = real(request)
        if next(lost, False):
            raise OfficeAwayError("cut")
        return answer

    scene.receiver._hand_over = losing
    text = signed(KEY, 1).to_json()
    assert scene.receiver.take(text) is Taken.STUCK
    assert scene.receiver.take(text) is Taken.SETTLED
    assert scene.office.settled() == [(1, "call-technician", "applied")]


def test_a_pulse_tells_the_head_that_is_on_the_disk(scene: Scene) -> None:
    scene.receiver.take(signed(KEY, 1).to_json())
    facts = scene.line.answer(b'{"ask": "pulse", "link": {"connected": true}}')
    last = scene.office.records()[-1]
    assert (facts["office"], facts["incarnation"], facts["seq"]) == (OFFICE, "0001-aaaa", last.seq)
    assert facts["directive"] == 1
    assert len(bytes.fromhex(facts["chain"])) == 32
    assert facts["clock_trusted"] is True
    assert scene.line.reported == {"connected": True}


@pytest.mark.parametrize(
    "line", [b"\n", b"[]\n", b"{\n", b'{"ask": 7}\n', b"[" * 100_000 + b"\n", b'{"directive": 7}\n']
)
def test_nonsense_on_the_socket_is_answered_with_an_error(scene: Scene, line: bytes) -> None:
    assert scene.line.answer(line)["error"]
    assert scene.office.deaths == []

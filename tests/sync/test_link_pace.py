"""How often the link pulses: as its own pace says, or as rarely as the centre asks."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, cast

import pytest

from sync import link_pulse
from sync.link_clock import CentreClock
from sync.link_directives import Receiver
from sync.link_http import CentreLine
from sync.link_office import OfficeLine
from sync.link_pulse import Pulsing
from sync.pulse import LONGEST_S, SHORTEST_S


class Office:
    """Answers what a pulse is made of."""

    def ask(self, _: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"office": "north", "incarnation": "0001-aa", "seq": 1, "chain": "00", "directive": 0}


class Centre:
    """Answers pulses as it is told to."""

    def __init__(self, answer: Mapping[str, Any]) -> None:
        self.answer = dict(answer)

    def ask(self, *_: object) -> Mapping[str, Any]:
        return self.answer


class Nothing:
    forged, last_forgery, stuck = 0, "", ""

    def offset_ms(self) -> None:
        return None


class Pauses(threading.Event):
    """Notes how long the pulse's thread pauses, and ends it after the third pause."""

    def __init__(self, stopping: threading.Event) -> None:
        super().__init__()
        self.stopping, self.asked = stopping, list[float]()

    def wait(self, timeout: float | None = None) -> bool:
        self.asked.append(timeout or 0.0)
        if len(self.asked) == 3:
            self.stopping.set()
        return True


def paced(answer: Mapping[str, Any], every_s: float) -> tuple[Pulsing, list[float]]:
    """A link after three pulses with this answer, and its pauses."""
    stopping, nothing = threading.Event(), Nothing()
    pulsing = Pulsing(
        cast(OfficeLine, Office()),
        cast(CentreLine, Centre(answer)),
        cast(CentreClock, nothing),
        cast(Receiver, nothing),
        stopping,
        every_s=every_s,
    )
    pauses = pulsing._nudged = Pauses(stopping)
    pulsing._run()
    return pulsing, pauses.asked


@pytest.mark.parametrize("asked", [None, "12", True, float("nan"), -3, 0, 0.01, SHORTEST_S])
def test_a_centre_that_asks_for_nothing_rarer_changes_nothing(asked: object) -> None:
    _, pauses = paced({"pulse_s": asked}, 0.1)
    assert all(0.09 <= one <= 0.1 for one in pauses)


@pytest.mark.parametrize(("asked", "found"), [(12.0, 12.0), (7, 7.0), (1e9, LONGEST_S), (float("inf"), LONGEST_S)])
def test_a_centre_can_ask_for_rarer_pulses_within_bounds(asked: float, found: float) -> None:
    _, pauses = paced({"pulse_s": asked}, SHORTEST_S)
    assert all(0.9 * found <= one <= found for one in pauses)


def test_a_line_with_rare_pulses_holds_between_them(monkeypatch: pytest.MonkeyPatch) -> None:
    pulsing, _ = paced({"pulse_s": 12.0}, SHORTEST_S)
    good_s = pulsing._good_at
    monkeypatch.setattr(link_pulse.time, "monotonic", lambda: good_s + 2 * 12.0)
    assert pulsing.line_holds()
    monkeypatch.setattr(link_pulse.time, "monotonic", lambda: good_s + 3 * 12.0 + 1)
    assert not pulsing.line_holds()

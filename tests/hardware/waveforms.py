"""Waveforms of keys: named ones with what they mean, generated ones, and an oracle that sees a waveform whole.

A waveform is a list of edges (seconds, pressed) on a line that is up at time 0. The oracle knows the rule in words
only: what lasts for the stable time is a level, everything shorter is noise.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from hardware.keys.debounce import KeyDebounce, KeyRule, Verdict

Edge = tuple[float, bool]

DESK = KeyRule(holds=True, lockout_s=0.7)
KIOSK = KeyRule(holds=False, lockout_s=1.5)

BOUNCE = [1, 0.5, 2, 0.3, 1.5, 0.7]

NAMED: dict[str, tuple[Sequence[float], list[str], list[str]]] = {
    # Spans in milliseconds, by turns down and up; what a desk's key makes of it, and what a kiosk's.
    "clean tap": ([80], ["tap"], ["tap"]),
    "shortest tap": ([20.1], ["tap"], ["tap"]),
    "bouncing on press": ([*BOUNCE, 80], ["tap"], ["tap"]),
    "bouncing on release": ([80, *BOUNCE[1:], 0.4], ["tap"], ["tap"]),
    "bouncing on both": ([*BOUNCE, 80, *BOUNCE[1:], 0.4], ["tap"], ["tap"]),
    "bounce of 19 ms still within one press": ([19, 1, 60], ["tap"], ["tap"]),
    "one spike": ([2], [], []),
    "spike of 19.9 ms": ([19.9], [], []),
    "train of spikes 3 ms apart": ([14, 3] * 20 + [14], [], []),
    "lift beside the cable: spikes of 1 to 3 ms for a second": ([1, 9, 3, 7, 2, 8] * 33 + [1], [], []),
    "long cable: spikes every 40 ms for 4 s": ([2, 38] * 100 + [2], [], []),
    "long cable: a tap among spikes": ([2, 38, 2, 38, 120, 38, 2, 38, 2], ["tap"], ["tap"]),
    "dropouts of 5 ms while held for 300 ms": ([100, 5, 100, 5, 90], ["tap"], ["tap"]),
    "two taps, the second in the lock-out": ([80, 200, 80], ["tap"], ["tap"]),
    "two taps in time": ([80, 1600, 80], ["tap", "tap"], ["tap", "tap"]),
    "just under the hold time": ([999], ["tap"], ["tap"]),
    "hold": ([1500], ["hold"], ["tap"]),
    "a dropout at the hold time": ([995, 10, 500], ["hold"], ["tap"]),
    "released at 995 ms, bouncing across the hold time": ([995, 3, 4, 3, 2], ["tap"], ["tap"]),
    "stuck for 12 s": ([12_000], ["hold", "stuck", "freed"], ["tap", "stuck", "freed"]),
    "stuck with dropouts": ([5000, 10, 6000], ["hold", "stuck", "freed"], ["tap", "stuck", "freed"]),
}


def edges(*spans_ms: float, start_ms: float = 100.0) -> list[Edge]:
    """Edges of a line that is up, then alternately down and up for the given milliseconds."""
    at, pressed = start_ms, True
    made = [(at / 1000, pressed)]
    for span in spans_ms:
        at += span
        pressed = not pressed
        made.append((at / 1000, pressed))
    return made


def run(rule: KeyRule, wave: Iterable[Edge], until: float = 60.0) -> list[Verdict]:
    """All verdicts on a line that is up at time 0."""
    key = KeyDebounce(rule)
    verdicts = key.sample(0.0, False)
    for at, pressed in wave:
        verdicts += key.sample(at, pressed)
    return verdicts + key.advance(until)


def kinds(verdicts: Sequence[Verdict]) -> list[str]:
    """The verdicts by name."""
    return [str(verdict.kind) for verdict in verdicts]


@dataclass(frozen=True, slots=True)
class Level:
    """A level that lasted: from when until when."""

    pressed: bool
    begin: float
    end: float


def levels(wave: Sequence[Edge], stable_s: float, until: float) -> list[Level]:
    """What lasted at least for the stable time; pieces of one level that only noise parts are still apart."""
    marks = [(float("-inf"), False), *wave, (until, False)]
    pieces = [Level(pressed, begin, end) for (begin, pressed), (end, _) in pairwise(marks)]
    return [piece for piece in pieces if piece.end - piece.begin >= stable_s]


def oracle(rule: KeyRule, wave: Sequence[Edge], until: float = 60.0) -> list[str]:
    """What a person would say who sees the whole waveform on paper."""
    told: list[str] = []
    locked_until = float("-inf")
    lasting = levels(wave, rule.stable_s, until)
    for press in presses(lasting):
        began = _end_before(lasting, press[0])
        let_go = press[-1].end
        held_at = _first_lasting(press, began + rule.hold_s, rule.stable_s)
        if rule.holds and held_at is not None:
            told.append("hold")
            locked_until = held_at + rule.lockout_s
        elif not rule.holds or let_go < until:
            judged_at = (press[0].begin if not rule.holds else _next_begin(lasting, press[-1])) + rule.stable_s
            if began >= locked_until:
                told.append("tap")
                locked_until = judged_at + rule.lockout_s
        if _first_lasting(press, began + rule.stuck_s, rule.stable_s) is not None:
            told.append("stuck")
            if let_go < until:
                told.append("freed")
    return told


def presses(lasting: Sequence[Level]) -> Iterator[list[Level]]:
    """The lasting pieces of each time that the key was down."""
    press: list[Level] = []
    for level in lasting:
        if level.pressed:
            press.append(level)
        elif press:
            yield press
            press = []
    if press:
        yield press


def _end_before(lasting: Sequence[Level], first: Level) -> float:
    """When the rest before a press ended: its first raw edge."""
    return lasting[lasting.index(first) - 1].end


def _next_begin(lasting: Sequence[Level], last: Level) -> float:
    return lasting[lasting.index(last) + 1].begin


def _first_lasting(press: Sequence[Level], wanted: float, stable_s: float) -> float | None:
    """The first moment from `wanted` on at which the key was down and known to be so."""
    for piece in press:
        at = max(wanted, piece.begin + stable_s)
        if at <= piece.end:
            return at
    return None


class Finger:
    """Generates presses as worn contacts on long cables make them, with noise between."""

    def __init__(self, seed: int, rule: KeyRule) -> None:
        self._dice = random.Random(seed)
        self._rule = rule
        self.at = 1.0

    def noise(self) -> Iterator[Edge]:
        """Spikes of less than 15 ms, of a lift or of nothing at all; the line is quiet at the end."""
        dice = self._dice
        many = dice.random() < 0.05
        for _ in range(dice.randrange(40, 120) if many else dice.randrange(4)):
            yield self.at, True
            self.at += dice.uniform(0.001, 0.003) if many else dice.uniform(0.0001, 0.015)
            yield self.at, False
            self.at += dice.uniform(0.003, 0.015) if many else dice.uniform(0.016, 0.2)
        self.at += 0.03

    def press(self, seconds: float) -> Iterator[Edge]:
        """Down for so long with bounces of up to 8 ms at both ends, then up for longer than the lock-out."""
        dice = self._dice
        down, up = self.at, self.at + seconds
        marks = [down, *sorted(dice.uniform(down, down + 0.008) for _ in range(2 * dice.randrange(5)))]
        marks += [up, *sorted(dice.uniform(up, up + 0.008) for _ in range(2 * dice.randrange(5)))]
        for number, mark in enumerate(marks):
            yield mark, number % 2 == 0
        self.at = up + 0.008 + self._rule.lockout_s + 0.03

    def seconds(self) -> float:
        """How long a finger stays: most often a tap, sometimes a hold, now and then the key is jammed."""
        chance = self._dice.random()
        if chance < 0.9:
            return self._dice.uniform(0.04, 0.25)
        return self._dice.uniform(1.05, 3.0) if chance < 0.99 else self._dice.uniform(10.1, 15.0)

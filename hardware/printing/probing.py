"""What a printer really can: which questions it answers, and whether its confirmations may be believed.

Some printers answer a question in line as soon as it comes in, not when they get to it. So paper is fed and the answer
timed: it must not come before the feed can be over.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from hardware.printing.commands import cut, feed, reset
from hardware.printing.confirming import INLINE_STATUS_REQUEST, Confirm, process_id_request
from hardware.printing.frames import InlineStatus, ProcessId, RealTimeStatus, Text
from hardware.printing.link import Link
from hardware.printing.printer import EscposPrinter
from hardware.printing.status import hint_of, question

FEED_MM = 100
FASTEST_MM_S = 500
"""No receipt printer moves its paper faster."""

RESERVE_S = 10.0
ANSWER_S = 1.0
PATIENCE_S = 8.0
"""The slowest printers need some 3 s for the feed."""

TEXTS = {66: "maker", 67: "model", 65: "firmware", 68: "serial"}
"""What `GS I n` asks for."""

_QUESTIONS = (1, 2, 3, 4)
_IDLE, _FED = b"idle", b"fed!"


class Word(StrEnum):
    """What a confirmation of a printer is worth."""

    HONEST = "honest"  # it comes after the paper has moved
    AT_ONCE = "at-once"  # it comes before: it proves only that bytes have arrived
    NONE = "none"  # it never comes


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """What a probe found.

    `reason` and `hint` are the printer's when it could not be probed (`busy` when it had a slip in hand); everything
    else is empty then. `questions` are the n of `DLE EOT` that it answers. `texts` are maker, model, firmware and
    serial, as far as it tells them. `feed_s` is how long the slowest confirmation took. `confirm` is what hardware.toml
    should say.
    """

    reason: str = ""
    hint: str = ""
    questions: tuple[int, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    process_ids: Word = Word.NONE
    inline_status: Word = Word.NONE
    feed_s: float = 0.0
    confirm: Confirm = "none"
    configured: Confirm = "none"

    @property
    def verdict(self) -> str:
        """The code of the sentence about it all.

        `probe-failed`, `confirm-right`, `confirm-false` (the one configured can't be believed) or `confirm-better`.
        """
        if self.reason:
            return "probe-failed"
        if self.confirm == self.configured:
            return "confirm-right"
        trusted = {"process-id": self.process_ids, "gs-r": self.inline_status}.get(self.configured, Word.HONEST)
        return "confirm-better" if trusted is Word.HONEST else "confirm-false"

    def facts(self) -> dict[str, str]:
        """The placeholders of its sentences."""
        return {
            "confirm": self.confirm,
            "configured": self.configured,
            "questions": ", ".join(map(str, self.questions)),
            "process_ids": self.process_ids.value,
            "inline_status": self.inline_status.value,
            "feed_s": f"{self.feed_s:.1f}",
            "printer": " ".join(self.texts[name] for name in ("maker", "model") if name in self.texts),
            **self.texts,
        }


def probe(printer: EscposPrinter) -> ProbeReport:
    """Ask a printer everything; it feeds some 10 cm of paper and cuts them off. Takes up to half a minute."""
    with printer.reserved(RESERVE_S) as link:
        if link is None:
            state = printer.state()
            return ProbeReport(state.reason or "busy", state.hint, configured=printer.profile.confirm)
        return _probe(link, printer)


def _probe(link: Link, printer: EscposPrinter) -> ProbeReport:
    profile = printer.profile
    questions = tuple(number for number in _QUESTIONS if _answers(link, number))
    texts = {name: text for number, name in TEXTS.items() if (text := _text(link, number))}
    idle = _time_confirmations(link, b"", _IDLE, ANSWER_S)
    paper = reset(profile) + feed(round(FEED_MM * profile.dots_per_mm)) + cut(profile)
    patience = PATIENCE_S if idle else ANSWER_S
    fed = _time_confirmations(link, paper, _FED, patience)
    process_ids, inline_status = (_judge(idle.get(kind), fed.get(kind)) for kind in (ProcessId, InlineStatus))
    confirm: Confirm = "none"
    if process_ids is Word.HONEST:
        confirm = "process-id"
    elif inline_status is Word.HONEST:
        confirm = "gs-r"
    if not link.is_open:
        return ProbeReport("port-missing", hint_of("port-missing", link.address), configured=profile.confirm)
    slowest = max(fed.values(), default=0.0)
    return ProbeReport(
        "", "", questions, texts, process_ids, inline_status, slowest, confirm, configured=profile.confirm
    )


def _answers(link: Link, number: int) -> bool:
    link.forget()
    link.write(question(number), ANSWER_S)
    return link.expect(lambda frame: isinstance(frame, RealTimeStatus), ANSWER_S) is not None


def _text(link: Link, number: int) -> str:
    link.forget()
    link.write(b"\x1dI" + bytes((number,)), ANSWER_S)
    frame = link.expect(lambda frame: isinstance(frame, Text), ANSWER_S)
    return frame.text.decode("ascii", "replace").strip() if isinstance(frame, Text) else ""


def _time_confirmations(link: Link, before: bytes, letters: bytes, patience_s: float) -> dict[type, float]:
    """Seconds until each kind of confirmation, of those that came."""
    link.settle(ANSWER_S / 5, ANSWER_S)
    asked = time.monotonic()
    link.write(before + INLINE_STATUS_REQUEST + process_id_request(letters), patience_s)
    took: dict[type, float] = {}
    while len(took) < 2 and (left := asked + patience_s - time.monotonic()) > 0:
        frame = link.expect(lambda frame: isinstance(frame, InlineStatus) or frame == ProcessId(letters), left)
        if frame is None:
            break
        took.setdefault(type(frame), time.monotonic() - asked)
    return took


def _judge(idle_s: float | None, fed_s: float | None) -> Word:
    """A delay of the line itself is in both times; only the feed may make the difference."""
    if fed_s is None:
        return Word.NONE
    return Word.HONEST if fed_s - (idle_s or 0.0) >= FEED_MM / FASTEST_MM_S else Word.AT_ONCE

"""From a judged press to a command: the keys of the desks, the ticket buttons of the hall, the bell at the ramp."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future

from appliance.domain.bell import AnswerBell, BellLoopCut, PressBell
from appliance.domain.keys import Key
from appliance.domain.keys import Press as KeyPress
from appliance.domain.message import Command
from appliance.domain.refusal import Refused
from appliance.domain.tickets import TakeTicket, Told
from appliance.domain.turning_away import OF_REFUSAL, TurnAway
from appliance.store.writer import Outcome, QueueWriter
from hardware.ports import Gesture, Lamp, Press

log = logging.getLogger(__name__)

RECEPTION_KEY = "reception:key"
"""Who answers the bell by the key inside."""


class Pressing:
    """Hands each press to the writer and lets the key's lamp answer what has been committed.

    The lamps at the ramp are not here: `workers.ringing` lights them from the state. `rung` hears of each ring that is
    in the book: only then may the relay that holds the press let go.
    """

    def __init__(
        self,
        writer: QueueWriter,
        lamps: Callable[[], Mapping[int, Lamp]],
        run: str,
        told: Callable[[str], Told | None] = lambda _: None,
        rung: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._writer, self._lamps, self._run, self._told, self._rung = writer, lamps, run, told, rung

    def on_press(self, press: Press) -> None:
        """Submit the press's command; runs in the buttons' thread and never blocks it."""
        kind, _, name = press.control.partition("/")
        key = f"{self._run}:{press.number}"
        if kind == "kiosk":
            self._submit(self._take(name), f"kiosk:{name}"[:80], key, None, service=name)
            return
        if kind == "bell":
            self._submit(PressBell(name), f"bell:{name}", key, None, bell=name)
            return
        if kind == "answer":
            self._submit(AnswerBell(name), RECEPTION_KEY, key, None)
            return
        if kind != "desk":
            return
        number, _, which = name.partition("/")
        desk = int(number)
        command = KeyPress(desk, Key(which), long=press.gesture is Gesture.HOLD)
        self._submit(command, f"desk:{desk}", key, desk)

    def on_stuck(self, control: str, stuck: bool) -> None:
        """A contact has not come back, or is back: a loop of the bell that stays open has rung for nobody."""
        kind, _, name = control.partition("/")
        if kind == "bell" and stuck:
            self._submit(BellLoopCut(name), f"bell:{name}", None, None)

    def _take(self, service: str) -> Command:
        plan = self._writer.office.plan
        return TakeTicket(service, plan.languages[0] if plan is not None else "ru", told=self._told(service))

    def _submit(
        self,
        command: Command,
        actor: str,
        key: str | None,
        desk: int | None,
        *,
        service: str | None = None,
        bell: str | None = None,
    ) -> None:
        lamp = self._lamps().get(desk) if desk is not None else None

        def answered(reply: Future[Outcome]) -> None:
            error = reply.exception()
            if error is None:
                if lamp is not None:
                    lamp.blink()
                if bell is not None:
                    self._rung(bell)
                return
            if lamp is not None:
                lamp.refuse()
            if isinstance(error, Refused):
                reason = OF_REFUSAL.get(error.code) if service is not None else None
                if reason is not None:
                    self._writer.submit(TurnAway(service, reason.value), actor=actor, key=f"{key}:away")
                log.info("press by %s refused: %s", actor, error)
            else:
                log.error("press by %s failed: %s", actor, error)

        self._writer.submit(command, actor=actor, key=key).add_done_callback(answered)

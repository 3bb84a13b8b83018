"""The model of the bell and of the devices: neither asks for a day, a plan or a pause."""

from __future__ import annotations

import string
from typing import Any

from tests.domain.model_ledger import Ledger, No
from tests.domain.model_rules import Row

SMALL = set(string.ascii_lowercase + string.digits)
HOUR_MS = 3_600_000


class BellModel(Ledger):
    """Commands about bells and devices, by their names in snake case."""

    def press_bell(self, bell: str) -> None:
        call = self._ringing(bell)
        if call is None:
            number = max(self.bells, default=0) + 1
            columns: Row = {"id": number, "bell": bell, "rings": 1, "escalated": 0, "how": ""}
            columns |= dict.fromkeys(("answered", "arrived", "closed"))
            columns["rung"] = self._write("BellRung", call=number, bell=bell)
            self.bells[number] = columns
        elif call["answered"] is not None and self._surely(call["answered"]) >= 3000:
            self._arrive(call, "ramp")
        elif call["rings"] < 20:
            self._bell(call, "BellRungAgain", {}, rings=call["rings"] + 1)

    def answer_bell(self, bell: str) -> None:
        call = self._must_ring(bell)
        if call["answered"] is None:
            self._bell(call, "BellAnswered", {}, answered="now")

    def close_bell(self, bell: str) -> None:
        call = self._must_ring(bell)
        if call["answered"] is None:
            raise No("bell-not-answered")
        self._arrive(call, "page")

    def bell_loop_cut(self, bell: str) -> None:
        call = self._ringing(bell)
        if call is not None and call["answered"] is None and call["rings"] == 1:
            self._bell(call, "BellWithdrawn", {"reason": "loop-cut"}, closed="now", how="loop-cut")

    def note_device(self, device: str, condition: str, reason: str) -> None:
        if not 1 <= len(device) <= 40 or set(device) - SMALL - set("/._-"):
            raise No("unknown-device")
        if condition not in ("ready", "warning", "missing", "fault"):
            raise No("unknown-condition")
        words = reason.split("-") if reason else []
        if len(reason) > 40 or not all(word and not set(word) - SMALL for word in words):
            raise No("unknown-reason")
        known = self.devices.get(device)
        if known is None and len(self.devices) == 64:
            raise No("too-many-devices")
        if known is None or (known["condition"], known["reason"]) != (condition, reason):
            seq = self._write("DeviceChanged", device=device, condition=condition, reason=reason)
            self.devices[device] = {"name": device, "condition": condition, "reason": reason, "since": seq}

    def _bells_due(self) -> None:
        """What time does to open calls."""
        for call in self.bells.values():
            if call["closed"] is not None:
                continue
            if call["answered"] is not None:
                over = self._surely(call["answered"]) >= HOUR_MS // 4
            else:
                waited = self._surely(call["rung"])
                over = waited >= HOUR_MS
                level = 2 if waited >= 120_000 else 1 if waited >= 60_000 else 0
                if not over and level > call["escalated"]:
                    self._bell(call, "BellEscalated", {"level": level}, escalated=level)
            if over:
                self._bell(call, "BellLapsed", {}, closed="now", how="system")

    def _arrive(self, call: Row, how: str) -> None:
        self._bell(call, "BellArrived", {"how": how}, arrived="now", closed="now", how=how)

    def _bell(self, call: Row, kind: str, body: dict[str, Any], **to: Any) -> None:
        seq = self._write(kind, call=call["id"], bell=call["bell"], **body)
        call.update({name: seq if value == "now" else value for name, value in to.items()})

    def _ringing(self, bell: str) -> Row | None:
        if not 1 <= len(bell) <= 20 or set(bell) - SMALL - {"-"}:
            raise No("unknown-bell")
        return next((call for call in self.bells.values() if call["bell"] == bell and call["closed"] is None), None)

    def _must_ring(self, bell: str) -> Row:
        call = self._ringing(bell)
        if call is None:
            raise No("bell-silent")
        return call

    def _surely(self, seq: int) -> int:
        """Milliseconds since an entry that have passed for certain, whatever the wall clock has learnt meanwhile."""
        then = self.entries[seq - 1]
        if then.boot == self.now.boot:
            return self._since(seq)
        return max(self.now.uptime_ms, self._since(seq) if then.trusted and self.now.trusted else 0)

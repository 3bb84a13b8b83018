"""The model of directives: what each order of the centre does to the rows, when it is refused, and what stands."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from tests.domain.model_ledger import No
from tests.domain.model_rules import Row, canonical
from tests.domain.model_tickets import TicketModel

FIELDS: Mapping[str, tuple[set[str], set[str]]] = {
    "open-desk": ({"desk"}, set()),
    "close-desk": ({"desk"}, set()),
    "end-break": ({"desk"}, set()),
    "add-skill": ({"desk", "service"}, set()),
    "remove-skill": ({"desk", "service"}, set()),
    "stop-service": ({"service"}, set()),
    "limit-service": ({"service", "limit"}, set()),
    "free-service": ({"service"}, set()),
    "set-norm": ({"service"}, {"wait_min", "service_min"}),
    "set-policy": ({"kind"}, {"ratio", "passes"}),
    "raise-ticket": (set(), {"ticket", "label"}),
    "show-message": ({"texts", "minutes"}, set()),
    "clear-message": (set(), set()),
    "pause": ({"reason"}, set()),
    "resume": (set(), set()),
    "redirect": ({"service", "office"}, {"texts"}),
    "end-redirect": ({"service"}, set()),
    "call-technician": ({"note"}, {"device"}),
    "adopt-plan": ({"plan"}, set()),
    "fresh-snapshot": (set(), set()),
    "restart-device": ({"device"}, set()),
}
"""Of each kind the fields that must be there, and those that may."""

BOUNDS: Mapping[str, tuple[int, int]] = {
    "desk": (1, 9999),
    "limit": (1, 9999),
    "wait_min": (1, 240),
    "service_min": (1, 240),
    "ratio": (1, 99),
    "passes": (0, 99),
    "minutes": (1, 720),
}
STATES = ("day", "plan", "paused", "desks", "tickets", "waiting")


class DirectiveModel(TicketModel):
    """Directives, and local staff who take back what stands."""

    def adopt_plan(self, plan: str) -> None:
        """The whole model knows how."""
        raise NotImplementedError

    def drop_standing(self, what: str) -> None:
        self._fall(what, "staff")

    def apply_directive(
        self,
        seq: int,
        id: str,
        kind: str,
        body: str,
        author: str,
        reason: str,
        issued_ms: int,
        not_after_ms: int,
        condition: str,
        centre_ms: int,
        plan: str | None,
        give_up: bool,
    ) -> None:
        last = max(self.directives, default=0)
        if seq <= last:
            return
        if seq > last + 1:
            raise No("directive-gap")
        asked = json.loads(body)
        target = "" if give_up else self._about(asked)
        outcome, code, facts = "applied", "", {}
        at = self.now.at_ms if self.now.trusted else centre_ms
        if give_up:
            outcome, code = "refused", "internal-error"
        elif at > not_after_ms:
            outcome = "expired"
        else:
            try:
                self._carry_out(seq, kind, asked, json.loads(condition))
                facts = {"note": asked["note"]} if "note" in asked else {}
            except No as refusal:
                outcome, code = "refused", str(refusal)
        told = {"id": id, "kind": kind, "author": author, "reason": reason, "target": target}
        told |= {"outcome": outcome, "code": code}
        entry = self._write("DirectiveSettled", directive=seq, **told, facts=facts)
        columns = {"seq": seq, **told, "facts": json.dumps(facts, separators=(",", ":"))}
        self.directives[seq] = {**columns, "settled": entry}

    def _about(self, body: Row) -> str:
        named = [body.get(name) for name in ("desk", "service", "ticket", "label", "device", "office")]
        return " ".join(str(one) for one in named if isinstance(one, int | str))

    def _carry_out(self, seq: int, kind: str, body: Row, condition: Row) -> None:
        if kind not in FIELDS:
            raise No("bad-directive")
        if set(condition) - set(STATES):
            raise No("bad-directive")
        if not all(self._holds(name, wanted) for name, wanted in condition.items()):
            raise No("condition-not-met")
        needed, more = FIELDS[kind]
        if needed - set(body) or set(body) - needed - more:
            raise No("bad-directive")
        for name, value in body.items():
            if name in BOUNDS and not BOUNDS[name][0] <= value <= BOUNDS[name][1]:
                raise No("bad-directive")
        getattr(self, "_order_" + kind.replace("-", "_"))(seq, body)

    def _holds(self, name: str, wanted: Any) -> bool:
        if name == "day":
            return self.day is not None and self.day["number"] == wanted
        if name == "plan":
            return self.office is not None and wanted == (self.office["next_plan"] or self.office["plan"])
        if name == "paused":
            return (self.pause is not None) == wanted
        if name == "desks":
            known = {str(number): desk["state"] for number, desk in self.desks.items() if self._planned(number)}
            known |= {str(number): "closed" for number in self._planned_desks() if str(number) not in known}
            return all(known.get(desk) in states for desk, states in wanted.items())
        here = self.today()
        if name == "tickets":
            now = {str(ticket["id"]): ticket["state"] for ticket in here} if self.day is not None else {}
            return all(now.get(ticket) in states for ticket, states in wanted.items())
        lined = [ticket["service"] for ticket in here if ticket["state"] == "waiting"]
        return all((lined.count(of) if of else len(lined)) >= least for of, least in wanted.items())

    def _planned_desks(self) -> list[int]:
        try:
            return list(self.plan.desks)
        except No:
            return []

    def _planned(self, number: int) -> bool:
        return number in self._planned_desks()

    def _order_open_desk(self, seq: int, body: Row) -> None:
        self.open_desk(body["desk"])

    def _order_close_desk(self, seq: int, body: Row) -> None:
        self.close_desk(body["desk"])

    def _order_end_break(self, seq: int, body: Row) -> None:
        if self._desk(body["desk"])["state"] != "break":
            raise No("desk-not-on-break")
        self.open_desk(body["desk"])

    def _order_add_skill(self, seq: int, body: Row) -> None:
        self._desk(body["desk"])
        self._named(body)
        self._stand(f"skill:{body['desk']}:{body['service']}", "add", seq)

    def _order_remove_skill(self, seq: int, body: Row) -> None:
        desk, service = body["desk"], body["service"]
        self._desk(desk)
        self._named(body)
        if not any(self.plan.level(other, service) for other in self.plan.desks if other != desk):
            raise No("nobody-serves")
        self._stand(f"skill:{desk}:{service}", "remove", seq)

    def _order_stop_service(self, seq: int, body: Row) -> None:
        self._stand("limit:" + self._named(body), "stop", seq)

    def _order_limit_service(self, seq: int, body: Row) -> None:
        self._stand("limit:" + self._named(body), str(body["limit"]), seq)

    def _order_free_service(self, seq: int, body: Row) -> None:
        self._fall("limit:" + self._named(body), "centre")

    def _order_set_norm(self, seq: int, body: Row) -> None:
        if len(body) != 2:
            raise No("bad-directive")
        self._open_day()
        if "wait_min" in body:
            service = "" if body["service"] is None else self._named(body)
            self._stand("wait-norm:" + service, str(body["wait_min"]), seq)
        else:
            if body["service"] is None:
                raise No("bad-directive")
            self._stand("service-norm:" + self._named(body), str(body["service_min"]), seq)

    def _order_set_policy(self, seq: int, body: Row) -> None:
        if body["kind"] not in ("absolute", "ratio", "ageing"):
            raise No("bad-directive")
        self._open_day()
        policy = {"kind": body["kind"], "ratio": body.get("ratio", 1), "passes": body.get("passes", 1)}
        self._stand("policy", json.dumps(policy, separators=(",", ":")), seq)

    def _order_raise_ticket(self, seq: int, body: Row) -> None:
        if len(body) != 1:
            raise No("bad-directive")
        if "ticket" in body:
            ticket = self._ticket(body["ticket"])
        else:
            told = re.fullmatch(r"\s*([^\W\d_])\s*0*([1-9][0-9]{0,3})\s*", body["label"])
            if told is None:
                raise No("bad-directive")
            self._open_day()
            number = (canonical(told[1]), int(told[2]))
            found = [one for one in self.today() if (one["series"], one["number"]) == number]
            if not found:
                raise No("unknown-ticket")
            ticket = found[0]
        if ticket["state"] not in ("waiting", "parked"):
            raise No("ticket-not-in-queue")
        if ticket["raised"] is None:
            self._change("TicketRaised", ticket, {"ticket": ticket["id"]}, raised="now")

    def _order_show_message(self, seq: int, body: Row) -> None:
        if not body["texts"]:
            raise No("bad-directive")
        self._open_day()
        self._stand("message", str(body["minutes"]), seq, told=True)

    def _order_clear_message(self, seq: int, body: Row) -> None:
        self._fall("message", "centre")

    def _order_pause(self, seq: int, body: Row) -> None:
        self.pause_hall(body["reason"])

    def _order_resume(self, seq: int, body: Row) -> None:
        self.resume_hall()

    def _order_redirect(self, seq: int, body: Row) -> None:
        self._open_day()
        service = "" if body["service"] is None else self._named(body)
        self._stand("redirect:" + service, body["office"], seq, told=bool(body.get("texts")))

    def _order_end_redirect(self, seq: int, body: Row) -> None:
        service = "" if body["service"] is None else self._named(body)
        self._fall("redirect:" + service, "centre")

    def _order_call_technician(self, seq: int, body: Row) -> None:
        """Somebody comes."""

    def _order_fresh_snapshot(self, seq: int, body: Row) -> None:
        """Another copy is made."""

    def _order_restart_device(self, seq: int, body: Row) -> None:
        if body["device"] not in self.devices:
            raise No("unknown-device")

    def _order_adopt_plan(self, seq: int, body: Row) -> None:
        digest = hashlib.sha256(body["plan"].encode()).hexdigest()
        if digest not in self.plans:
            raise No("bad-directive")
        if self.office is not None and self.office["office"] not in ("", self.plans[digest].document["office"]):
            raise No("bad-directive")
        self.adopt_plan(digest)

    def _named(self, body: Row) -> str:
        """The service of the body, on an open day."""
        if body["service"] is None:
            self._open_day_unless_bad()
        self._open_day()
        self._service(body["service"])
        return str(body["service"])

    def _open_day_unless_bad(self) -> None:
        """Whether there is a day is asked before whether the service is one."""
        self._open_day()
        raise No("bad-directive")

    def _lasting(self, what: str) -> Row | None:
        found = [one for one in self.standing.values() if one["what"] == what and one["ended"] is None]
        return found[0] if found else None

    def _stand(self, what: str, value: str, seq: int, *, told: bool = False) -> None:
        known = self._lasting(what)
        if known is not None:
            if known["value"] == value and not told and not known["told"]:
                return
            self._fall(what, "replaced")
        number = max(self.standing, default=0) + 1
        began = self._write("StandingBegun", standing=number, what=what, value=value, by=seq, told=told)
        row: Row = {"id": number, "what": what, "value": value, "directive": seq, "told": int(told)}
        self.standing[number] = {**row, "began": began, "ended": None, "how": ""}

    def _fall(self, what: str, how: str) -> None:
        known = self._lasting(what)
        if known is None:
            raise No("nothing-standing")
        known["ended"] = self._write("StandingEnded", standing=known["id"], what=what, how=how)
        known["how"] = how

    def _nothing_stands(self) -> None:
        """The day closes over it."""
        for one in self.standing.values():
            if one["ended"] is None:
                self._fall(one["what"], "day")

    def _message_is_over(self) -> None:
        """Its minutes have passed."""
        message = self._lasting("message")
        if message is not None and self._since(message["began"]) >= int(message["value"]) * 60_000:
            self._fall("message", "term")

    def _offered(self, services: tuple[str, ...]) -> None:
        """Whether the centre lets numbers be given for all of these."""
        for service in services:
            if self._lasting("redirect:" + service) or self._lasting("redirect:"):
                raise No("service-redirected")
            limited = self._lasting("limit:" + service)
            if limited is not None and limited["value"] == "stop":
                raise No("service-stopped")

"""Every indicator once more, from the journal's text and the plan's text alone. Imports nothing of the project.

    talon journal queue.db --jsonl --redated > journal.jsonl
    python tests/independent/recompute.py journal.jsonl --plan plan.toml [--plan newer.toml] [--by desk]

Plans are found by the sha256 of their text. The public calendar is not known here: only hours by weekday are.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

Entry = dict[str, Any]
Row = tuple[str, dict[str, Any], int]
WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DIMENSIONS = ("service", "organisation", "purpose", "category", "desk", "operator", "hour", "reason")
MINUTE = 60_000


# --- the plan ---------------------------------------------------------------------------------------------------------


def clock(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def both(text: str) -> tuple[int, int]:
    first, last = text.split("-")
    return clock(first), clock(last)


def weekdays(text: str) -> set[int]:
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        found |= set(range(WEEK.index(first), WEEK.index(last or first) + 1))
    return found


class Plan:
    def __init__(self, text: str) -> None:
        raw = tomllib.loads(text)
        self.digest = hashlib.sha256(text.encode()).hexdigest()
        self.zone = ZoneInfo(raw["timezone"])
        self.services = {one["id"]: dict(one) for one in raw["service"]}
        self.organisations = {one["id"]: one for one in raw["organisation"]}
        self.desks = {one["number"]: one for one in raw["desk"]}
        self.settings = raw.get("settings", {})
        self.shifts = raw.get("shift", [])
        self.absences = raw.get("absence", [])
        self.hours, self.calendar = raw["hours"], raw.get("calendar", {}).get("day", [])

    def with_newer(self, newer: Plan) -> Plan:
        """What holds of a newer plan at once."""
        made = object.__new__(Plan)
        made.__dict__ = dict(self.__dict__)
        made.settings, made.hours, made.calendar = newer.settings, newer.hours, newer.calendar
        made.absences = newer.absences
        made.shifts = [s for s in newer.shifts if s["desk"] in self.desks]
        made.services = {}
        for name, service in self.services.items():
            other = newer.services.get(name)
            changed = dict(service)
            if other is not None:
                for key in ("norm_min", "wait_norm_min", "hours"):
                    changed.pop(key, None)
                    if key in other:
                        changed[key] = other[key]
            made.services[name] = changed
        return made

    def with_orders(self, orders: dict[str, str]) -> Plan:
        """The norms that the situation centre has set for the day."""
        made = object.__new__(Plan)
        made.__dict__ = {**self.__dict__, "settings": dict(self.settings)}
        made.services = {name: dict(service) for name, service in self.services.items()}
        for what, value in orders.items():
            kind, *of = what.split(":")
            if what == "wait-norm:":
                made.settings["wait_norm_min"] = int(value)
            elif kind in ("wait-norm", "service-norm"):
                made.services[of[0]]["wait_norm_min" if kind == "wait-norm" else "norm_min"] = int(value)
        return made

    def wait_norm(self, service: str) -> int:
        own = self.services.get(service, {}).get("wait_norm_min", 0)
        return (own or self.settings.get("wait_norm_min", 15)) * MINUTE

    def span(self, kind: str, day: date) -> tuple[int, int] | None:
        """Office, reception or issuing hours of a date."""
        own = next((one for one in self.calendar if str(one["date"]) == str(day)), None)
        if own is not None and own["kind"] != "closed":
            raise NotImplementedError(f"{day} is {own['kind']}: only closed days are known here")
        whole = None if own is not None else self._weekday(self.hours, day.weekday(), None)
        if kind == "office" or whole is None:
            return whole
        reception = self._weekday(self.hours.get("reception", {}), day.weekday(), whole)
        if kind == "reception" or reception is None:
            return reception
        return self._weekday(self.hours.get("issuing", {}), day.weekday(), (whole[0], reception[1]))

    @staticmethod
    def _weekday(table: Mapping[str, Any], weekday: int, whole: tuple[int, int] | None) -> tuple[int, int] | None:
        own = table.get(WEEK[weekday])
        if own is not None:
            return None if own == "closed" else both(own)
        opens = clock(table["opens"]) if "opens" in table else None
        closes = clock(table["closes"]) if "closes" in table else None
        if "days" in table and weekday not in weekdays(table["days"]):
            return None
        if whole is None:
            return None if opens is None or closes is None else (opens, closes)
        first = max(whole[0], whole[0] if opens is None else opens)
        last = min(whole[1], whole[1] if closes is None else closes)
        return (first, last) if first < last else None

    def issuing_for(self, service: str, day: date) -> tuple[int, int] | None:
        """From when to when numbers are given out for a service."""
        own = (0, 24 * 60)
        for holder in (self.organisations[self.services[service]["organisation"]], self.services[service]):
            if "hours" in holder:
                hours = holder["hours"]
                span = both(hours) if isinstance(hours, str) else self._weekday(hours, day.weekday(), None)
                if span is None:
                    return None
                own = (max(own[0], span[0]), min(own[1], span[1]))
        issuing, reception = self.span("issuing", day), self.span("reception", day)
        if issuing is None or reception is None or max(reception[0], own[0]) >= min(reception[1], own[1]):
            return None
        last = min(issuing[1], own[1])
        return (issuing[0], last) if issuing[0] < last else None

    def shifts_on(self, day: date) -> list[Mapping[str, Any]]:
        """The shifts of a date without those of the absent; a week with shifts of its own has no others."""
        year, number, _ = day.isocalendar()
        week = f"{year}-W{number:02d}"
        chosen = [s for s in self.shifts if s.get("week") == week] or [s for s in self.shifts if not s.get("week")]
        away = {a["operator"] for a in self.absences if str(a["first"]) <= str(day) <= str(a["last"])}
        return [s for s in chosen if day.weekday() in weekdays(s["days"]) and s["operator"] not in away]


# --- time -------------------------------------------------------------------------------------------------------------


def between(first: Entry, last: Entry) -> int:
    if first["boot_id"] == last["boot_id"]:
        return max(0, last["uptime_ms"] - first["uptime_ms"])
    return max(0, last["ms"] - first["ms"])


def earlier(entry: Entry, ms: int) -> Entry:
    return {**entry, "ms": entry["ms"] - ms, "uptime_ms": entry["uptime_ms"] - ms}


# --- one day ----------------------------------------------------------------------------------------------------------


STATES = {
    "DeskOpened": "free",
    "BreakEnded": "free",
    "BreakStarted": "break",
    "DeskClosed": "closed",
    "TicketCalled": "called",
    "ServiceStarted": "serving",
    "ServiceFinished": "free",
    "TicketParked": "free",
    "TicketTransferred": "free",
    "TicketMissed": "free",
    "CategoryRefused": "free",
    "TicketLeft": "free",
}


class Day:
    """Histories of one day: for each ticket and desk what happened, undone acts cut off again."""

    def __init__(self, opening: Entry, plan: Plan, operators: dict[int, str | None]) -> None:
        self.opening, self.plan = opening, plan
        self.plans = [(opening["seq"], plan)]
        self.date: str | None = opening["body"]["date"]
        self.tickets: dict[int, list[Entry]] = {}
        self.desk_states: dict[int, list[tuple[Entry, str]]] = defaultdict(list)
        self.signed: dict[int, list[tuple[Entry | None, str | None]]] = defaultdict(list)
        for desk, operator in operators.items():
            self.signed[desk].append((None, operator))
        self.pauses: list[list[Entry]] = []
        self.away: list[Entry] = []
        self.undone: list[Entry] = []
        self.closed: Entry | None = None
        self.last = opening
        self.rung: list[Entry] = []
        self.heard: list[Entry] = []
        self.notes: list[Entry] = []
        self.all: list[Entry] = []

    def operator(self, desk: int, seq: int) -> str | None:
        found = None
        for entry, operator in self.signed[desk]:
            if entry is None or entry["seq"] <= seq:
                found = operator
        return found

    def plan_at(self, seq: int) -> Plan:
        return [plan for since, plan in self.plans if since <= seq][-1]

    def local(self, entry: Entry) -> tuple[date, int] | None:
        if not entry["clock_trusted"]:
            return None
        face = datetime.fromtimestamp(entry["ms"] // 1000, self.plan.zone)
        return face.date(), ((face.hour * 60 + face.minute) * 60 + face.second) * 1000 + entry["ms"] % 1000

    def hour(self, entry: Entry) -> int | None:
        found = self.local(entry)
        return None if found is None else found[1] // 3_600_000

    def elapsed(self, first: Entry, last: Entry) -> int:
        whole = between(first, last)
        for pause in self.pauses:
            begun = min(between(first, last), between(pause[0], last))
            over = min(between(first, last), between(pause[1], last)) if len(pause) > 1 else 0
            whole -= max(0, begun - over)
        return max(0, whole)

    def read(self, entry: Entry) -> None:
        kind, body = entry["kind"], entry["body"]
        self.last = entry
        self.all.append(entry)
        if kind == "Undone":
            self.undone.append(entry)
            for ticket in body["restored"]:
                self.tickets[ticket] = [e for e in self.tickets[ticket] if e["seq"] < body["undone"]]
            desk = body["desk"]
            self.desk_states[desk] = [s for s in self.desk_states[desk] if s[0]["seq"] < body["undone"]]
            return
        if kind == "TicketsMerged":
            self.tickets[body["ticket"]].append(entry)
        elif "ticket" in body:
            self.tickets.setdefault(body["ticket"], []).append(entry)
        if kind in STATES and body.get("desk") is not None:
            self.desk_states[body["desk"]].append((entry, STATES[kind]))
        if kind in ("OperatorSignedIn", "OperatorSignedOut", "DeskClosed"):
            self.signed[body["desk"]].append((entry, body.get("operator")))
        if kind == "HallPaused":
            self.pauses.append([entry])
        if kind == "HallResumed":
            self.pauses[-1].append(entry)
        if kind == "DayRedated":
            self.date = body["date"]
        if kind == "DayClosed":
            self.closed = entry

    # --- what the histories say

    def legs(self, ticket: int) -> tuple[Entry, list[dict[str, Any]], dict[str, Any]]:
        """The entry that began the ticket, its calls, and what is known of it in the end."""
        history = self.tickets[ticket]
        first = history[0]
        visit: dict[str, Any] = {
            "state": "waiting",
            "end": None,
            "system": False,
            "reason": "",
            "returned": [],
            "sent": [],
        }
        visit |= {"category": first["body"].get("category"), "confirmed": first["body"].get("confirmed")}
        visit["ever"] = visit["category"] is not None
        service, waiting, legs = first["body"]["service"], first, []
        for entry in history[1:]:
            kind, body = entry["kind"], entry["body"]
            leg = legs[-1] if legs else {}
            if kind == "TicketCalled":
                legs.append({"service": service, "desk": body["desk"], "call": entry, "from": waiting, "end": None})
                legs[-1] |= {"operator": self.operator(body["desk"], entry["seq"]), "why": body["why"], "start": None}
                legs[-1] |= {"back": body["back"], "how": "", "inferred": False, "system": False}
                waiting, visit["state"], visit["end"], visit["system"] = None, "called", None, False
            elif kind == "ServiceStarted":
                leg |= {"start": entry, "inferred": body["inferred"]}
                leg["operator"] = self.operator(body["desk"], entry["seq"])
                visit["state"] = "serving"
            elif kind == "ServiceFinished":
                leg |= {"end": entry, "how": "finished", "system": body["by_system"]}
                visit |= {"state": "done", "end": entry, "system": body["by_system"]}
            elif kind == "TicketMissed":
                leg |= {"end": entry, "how": "missed"}
                visit |= {"state": "missed", "end": entry}
            elif kind == "TicketLeft":
                if body["desk"] is not None:
                    leg |= {"end": entry, "how": "left"}
                visit |= {"state": "left", "end": entry, "system": body["by_system"], "reason": body["reason"]}
            elif kind == "TicketsMerged":
                visit |= {"state": "left", "end": entry, "system": False, "reason": "merged"}
            elif kind == "TicketParked":
                leg |= {"end": entry, "how": "parked", "reason": body["reason"]}
                visit["state"] = "parked"
            elif kind == "TicketTransferred":
                leg |= {"end": entry, "how": "transferred"}
                service, waiting, visit["state"] = body["service"], entry, "waiting"
            elif kind == "VisitContinued":
                service, waiting = body["service"], entry
                visit |= {"state": "waiting", "end": None}
            elif kind == "TicketReturned":
                if visit["state"] == "missed":
                    visit["returned"].append(entry)
                waiting = entry
                visit |= {"state": "waiting", "end": None}
            elif kind == "TicketSent":
                visit["sent"].append(entry)
                service = body["service"]
                if visit["state"] == "parked":
                    waiting, visit["state"] = entry, "waiting"
            elif kind == "CategorySet":
                visit |= {"category": body["category"], "confirmed": body["confirmed"]}
            elif kind == "CategoryRefused":
                visit["confirmed"] = False
                if body["desk"] is not None:
                    leg |= {"end": entry, "how": "refused"}
                    waiting, visit["state"] = entry, "waiting"
        return first, legs, visit

    def outcome(self, visit: Mapping[str, Any]) -> str:
        if visit["state"] == "done":
            return "served"
        if visit["state"] == "missed":
            return "missed"
        if visit["state"] != "left":
            return "in_hand"
        return {"cancelled": "cancelled", "mistake": "mistaken", "merged": "merged"}.get(visit["reason"], "left")

    def organisation(self, service: str | None) -> str | None:
        return self.plan.services.get(service or "", {}).get("organisation")

    def rows(self) -> Iterable[Row]:
        for ticket in self.tickets:
            yield from self.ticket_rows(ticket)
        for desk in sorted(self.desk_states):
            yield from self.desk_rows(desk)
        yield from self.hall_rows()
        yield from self.bell_rows()
        yield from self.device_rows()

    def ticket_rows(self, ticket: int) -> Iterable[Row]:
        first, legs, visit = self.legs(ticket)
        issue = first["body"]
        adopted = first["kind"] == "TicketAdopted"

        def key(service: str, leg: Mapping[str, Any] | None, at: Entry, **more: Any) -> dict[str, Any]:
            return {
                "service": service,
                "organisation": self.organisation(service),
                "purpose": issue.get("purpose") or None,
                "category": visit["category"],
                "desk": leg["desk"] if leg else None,
                "operator": leg["operator"] if leg else None,
                "hour": self.hour(at),
                **more,
            }

        asked = issue["service"]
        whole = key(asked, legs[0] if legs else None, first)
        ending = key(asked, legs[-1] if legs else None, first)
        outcome = self.outcome(visit)
        yield "issued", whole, 1
        if adopted:
            yield "adopted", whole, 1
        if issue.get("slot") is not None:
            yield "booked", whole, 1
        if not issue.get("promised", True):
            yield "unpromised", whole, 1
        yield outcome, whole if outcome == "in_hand" else ending, 1
        if visit["system"] and outcome in ("served", "left"):
            yield f"{outcome}_by_system", ending, 1
        if outcome in ("served", "missed", "left", "cancelled"):
            some = any(leg["how"] == "finished" for leg in legs)
            yield "abandoned", whole, int(outcome != "served" and not some)
        if visit["category"] is not None:
            yield "claimed", whole, 1
            if visit["confirmed"] is not None:
                yield ("confirmed" if visit["confirmed"] else "refused"), whole, 1
        if len({leg["service"] for leg in legs if leg["start"]}) > 1:
            yield "several_services", whole, 1
        for entry in visit["returned"]:
            yield "returned", key(asked, None, entry), 1
        for entry in visit["sent"]:
            yield "sent", key(asked, None, entry), 1
        if legs and not adopted:
            yield from self.wait_rows(first, legs[0], whole)
        for index, leg in enumerate(legs):
            its = key(leg["service"], leg, leg["call"])
            if index and leg["from"] is not None:
                yield "further_wait", its, self.elapsed(leg["from"], leg["call"])
            if leg["back"]:
                yield "returned", {**its, "service": asked, "organisation": self.organisation(asked)}, 1
            if leg["why"] == "picked":
                yield "picked", its, 1
            if leg["start"] and not leg["inferred"]:
                yield "way", its, self.elapsed(leg["call"], leg["start"])
            if leg["how"] == "missed":
                yield "no_shows", its, 1
            if leg["how"] == "transferred":
                yield "transfers", its, 1
            if leg["how"] == "parked":
                yield "parked", {**its, "reason": leg["reason"] or "none"}, 1
            if leg["how"] == "finished" and not leg["system"]:
                yield "services", its, 1
        for service in {leg["service"] for leg in legs}:
            parts = [leg for leg in legs if leg["service"] == service and leg["start"]]
            if not parts or parts[-1]["how"] not in ("finished", "transferred") or parts[-1]["system"]:
                continue
            took = sum(self.elapsed(leg["start"], leg["end"]) for leg in parts)
            its = key(service, parts[-1], parts[0]["call"])
            if any(leg["inferred"] for leg in parts):
                yield "inferred_service", its, took
                continue
            yield "service", its, took
            planned = self.plan_at(parts[-1]["end"]["seq"]).services.get(service)
            if planned is not None:
                yield "service_over_norm", its, int(took > planned.get("norm_min", 15) * MINUTE)

    def wait_rows(self, first: Entry, leg: Mapping[str, Any], whole: dict[str, Any]) -> Iterable[Row]:
        issue, call = first["body"], leg["call"]
        wait = self.elapsed(first, call)
        norm = self.plan_at(call["seq"]).wait_norm(issue["service"])
        issued_at, called_at = self.local(first), self.local(call)
        slot, what = issue.get("slot"), "walk_in"
        if slot is not None and issued_at and called_at:
            settings = self.plan_at(first["seq"]).settings
            if issued_at[1] // MINUTE <= slot + settings.get("booked_late_min", 15):
                since = max(0, called_at[1] - slot * MINUTE)
                wait = min(wait, self.elapsed(earlier(call, since), call))
                norm = self.plan_at(call["seq"]).settings.get("booked_norm_min", 5) * MINUTE
                what = "booked"
        yield "wait", whole, wait
        yield f"{what}_wait", whole, wait
        yield "over_norm", whole, int(wait > norm)
        yield f"{what}_over_norm", whole, int(wait > norm)
        if what == "walk_in" and issue.get("told"):
            low, high, mean, naive = issue["told"]
            yield "estimate_error", whole, abs(mean * 1000 - wait)
            yield "naive_error", whole, abs(naive * 1000 - wait)
            if high > 0:
                yield "in_range", whole, int(low * 1000 <= wait <= high * 1000)

    def pieces(self, desk: int) -> list[dict[str, Any]]:
        """The desk's day cut wherever its state or its operator changes."""
        cuts: list[tuple[Entry, str, str]] = [(e, "state", s) for e, s in self.desk_states[desk]]
        cuts += [
            (e, "operator", str(o or ""))
            for e, o in self.signed[desk]
            if e is not None and e["kind"] != "DeskClosed" and e["seq"] >= self.opening["seq"]
        ]
        cuts.sort(key=lambda cut: cut[0]["seq"])
        state, made = "closed", []
        reason = ""
        for index, (entry, what, new) in enumerate(cuts):
            if what == "state":
                state, reason = new, entry["body"].get("reason", "")
            following = cuts[index + 1][0] if index + 1 < len(cuts) else None
            if state == "closed":
                continue
            forgotten = (
                following is not None and following["kind"] == "ServiceFinished" and following["body"]["by_system"]
            )
            made.append(
                {
                    "state": state,
                    "from": entry,
                    "to": following,
                    "operator": self.operator(desk, entry["seq"]),
                    "reason": reason if state == "break" else None,
                    "forgotten": forgotten,
                    "fresh": what == "state",
                }
            )
        return made

    def desk_rows(self, desk: int) -> Iterable[Row]:
        organisation = self.plan.desks.get(desk, {}).get("organisation")
        for piece in self.pieces(desk):
            key = {"organisation": organisation, "desk": desk, "operator": piece["operator"]}
            key |= {"hour": self.hour(piece["from"])}
            if piece["state"] == "break":
                key["reason"] = piece["reason"] or "none"
            to = piece["to"] or self.last
            long = self.elapsed(piece["from"], to)
            if not piece["forgotten"]:
                if piece["state"] in ("free", "called", "serving"):
                    yield "working", key, long
                name = {"serving": "busy", "free": "idle", "break": "break"}.get(piece["state"])
                if name:
                    yield name, key, long
            if piece["state"] == "break":
                if piece["fresh"]:
                    yield "breaks", key, 1
                plan = self.plan_at(piece["from"]["seq"])
                began, until = self.local(piece["from"]), self.local(to)
                if plan.shifts and began and until:
                    planned = {
                        both(text)
                        for s in plan.shifts_on(began[0])
                        if s["desk"] == desk
                        for text in s.get("breaks", [])
                    }
                    whole = max(0, until[1] - began[1])
                    whole = whole if began[0] == until[0] else 0
                    for opens, closes in planned:
                        whole -= max(0, min(until[1], closes * MINUTE) - max(began[1], opens * MINUTE))
                    yield "break_outside_plan", key, max(0, whole)

    def bell_rows(self) -> Iterable[Row]:
        for ring in self.rung:
            key = {"hour": self.hour(ring), "reason": ring["body"]["bell"]}
            after = {e["kind"]: e for e in self.heard if e["body"]["call"] == ring["body"]["call"]}
            if "BellWithdrawn" in after:
                yield "bells_withdrawn", key, 1
                continue
            yield "bells", key, 1
            answer, arrival = after.get("BellAnswered"), after.get("BellArrived")
            took = between(ring, answer) if answer else None
            if took is None:
                yield "bells_unanswered", key, 1
            else:
                yield "bell_reaction", key, took
            for seconds in (60, 120):
                yield f"bell_answered_{seconds}", key, int(took is not None and took <= seconds * 1000)
            if arrival:
                yield "bell_arrival", key, between(ring, arrival)

    def device_rows(self) -> Iterable[Row]:
        """Second by second would be too slow: the time between one entry and the next, for each device known then."""
        works: dict[str, bool] = {}
        fell: dict[str, Entry] = {}
        watched: dict[str, int] = defaultdict(int)
        working: dict[str, int] = defaultdict(int)
        seen: set[str] = set()
        before: Entry | None = None
        for entry in (*self.notes, self.opening, *self.all):
            inside = entry["seq"] >= self.opening["seq"]
            running = inside and (self.closed is None or entry["seq"] <= self.closed["seq"])
            if running:
                if before is not None and before["boot_id"] == entry["boot_id"]:
                    for device, well in works.items():
                        watched[device] += between(before, entry)
                        working[device] += between(before, entry) if well else 0
                if before is not None:
                    seen |= set(works) if before["boot_id"] == entry["boot_id"] else set()
                before = entry
            if entry["kind"] != "DeviceChanged":
                continue
            device, condition = entry["body"]["device"], entry["body"]["condition"]
            if entry["body"]["reason"] == "not-configured":
                works.pop(device, None)
                fell.pop(device, None)
            elif condition in ("ready", "warning"):
                if device in fell:
                    down = fell.pop(device)
                    if inside:
                        yield "device_repair", {"hour": self.hour(entry), "reason": device}, between(down, entry)
                works[device] = True
            else:
                if device not in fell:
                    fell[device] = entry
                    if running:
                        yield "device_outages", {"hour": self.hour(entry), "reason": device}, 1
                works[device] = False
            if running:
                seen.add(device)
        for device in seen:
            yield "device_watched", {"reason": device}, watched[device]
            yield "device_working", {"reason": device}, working[device]

    def receiving(self) -> list[tuple[Entry, Entry | None]]:
        """When at least one desk received, from the states of all of them."""
        changes = sorted(
            (
                (entry["seq"], entry, desk, state)
                for desk, states in self.desk_states.items()
                for entry, state in states
            ),
            key=lambda change: change[0],
        )
        now: set[int] = set()
        made: list[tuple[Entry, Entry | None]] = []
        since = None
        for _, entry, desk, state in changes:
            (now.add if state in ("free", "called", "serving") else now.discard)(desk)
            if now and since is None:
                since = entry
            if not now and since is not None:
                made.append((since, entry))
                since = None
        return made if since is None else [*made, (since, None)]

    def hall_rows(self) -> Iterable[Row]:
        for first, last in self.receiving():
            yield "receiving", {"hour": self.hour(first)}, self.elapsed(first, last or self.last)
        for pause in self.pauses:
            end = pause[1] if len(pause) > 1 else self.last
            key = {"hour": self.hour(pause[0]), "reason": pause[0]["body"]["reason"]}
            yield "paused", key, between(pause[0], end)
        for entry in self.away:
            service = entry["body"]["service"]
            key = {"service": service, "organisation": self.organisation(service), "hour": self.hour(entry)}
            yield "turned_away", {**key, "reason": entry["body"]["reason"]}, 1
        for entry in self.undone:
            desk = entry["body"]["desk"]
            key = {"organisation": self.plan.desks.get(desk, {}).get("organisation"), "desk": desk}
            key |= {"operator": self.operator(desk, entry["seq"]), "hour": self.hour(entry)}
            yield "undone", {**key, "reason": entry["body"]["what"]}, 1
        for ticket in self.tickets:
            first, legs, visit = self.legs(ticket)
            at, service = self.local(first), first["body"]["service"]
            plan = self.plan_at(first["seq"])
            if first["kind"] == "TicketAdopted" or at is None or service not in plan.services:
                continue
            span = plan.issuing_for(service, at[0])
            if span is None or not span[0] <= at[1] // MINUTE < span[1]:
                key = {"service": service, "organisation": self.organisation(service)}
                key |= {"purpose": first["body"].get("purpose") or None, "category": visit["category"]}
                key |= {"desk": legs[0]["desk"] if legs else None, "operator": legs[0]["operator"] if legs else None}
                yield "issued_outside_hours", {**key, "hour": self.hour(first)}, 1

    # --- the plan of the date, minute marks as sets of milliseconds would be too many: sorted ends instead

    def marks(self, pairs: Iterable[tuple[Entry, Entry | None]]) -> list[tuple[int, int]]:
        today = date.fromisoformat(self.date) if self.date else (self.local(self.opening) or (None,))[0]
        made = []
        for first, last in pairs:
            a, b = self.local(first), self.local(last or self.last)
            if a is None or b is None or today is None or a[0] > today or b[0] < today:
                continue
            made.append((a[1] if a[0] == today else 0, b[1] if b[0] == today else 24 * 60 * MINUTE))
        return [pair for pair in made if pair[0] < pair[1]]


# --- a period ---------------------------------------------------------------------------------------------------------


def read_days(entries: Iterable[Entry], plans: Mapping[str, Plan]) -> list[Day]:
    days: list[Day] = []
    operators: dict[int, str | None] = {}
    between_days: list[Entry] = []
    held, orders = next(iter(plans.values())), dict[str, str]()
    notes: list[Entry] = []
    bells: list[Entry] = []
    for entry in entries:
        kind, body = entry["kind"], entry["body"]
        entry["ms"] = round(datetime.fromisoformat(entry["at"]).timestamp() * 1000)
        if kind in ("OperatorSignedIn", "OperatorSignedOut", "DeskClosed"):
            operators[body["desk"]] = body.get("operator")
        day = days[-1] if days else None
        if kind == "DeviceChanged":
            notes.append(entry)
        if kind.startswith("Bell"):
            if day is not None:
                day.heard.append(entry)
            if day is None or day.closed is not None:
                bells.append(entry)
        if kind == "DayOpened":
            new = Day(entry, plans[body["plan"]], operators)
            held, orders = new.plan, {}
            opens_on = body["date"] or str((new.local(entry) or ("?",))[0])
            for away in between_days:
                on = new.local(away)
                of = new if on is not None and str(on[0]) == opens_on else day
                if of is not None:
                    (of.rung if away["kind"] == "BellRung" else of.away).append(away)
            between_days = []
            new.notes, new.heard = list(notes), list(bells)
            bells = []
            days.append(new)
        elif kind == "VisitorTurnedAway":
            if day is None or day.closed is not None:
                between_days.append(entry)
            else:
                day.away.append(entry)
            if day is not None:
                day.last = entry
                day.all.append(entry)
        elif kind == "BellRung":
            if day is None or day.closed is not None:
                between_days.append(entry)
            else:
                day.rung.append(entry)
            if day is not None:
                day.read(entry)
        elif day is not None:
            if kind == "PlanAdopted" and day.closed is None:
                newer = plans[body["digest"]]
                held = day.plan if newer.digest == day.plan.digest else day.plan.with_newer(newer)
                day.plans.append((entry["seq"], held.with_orders(orders)))
            if kind in ("StandingBegun", "StandingEnded") and day.closed is None:
                orders.pop(body["what"], None)
                if kind == "StandingBegun":
                    orders[body["what"]] = body["value"]
                day.plans.append((entry["seq"], held.with_orders(orders)))
            day.read(entry)
    if days:
        for away in between_days:
            (days[-1].rung if away["kind"] == "BellRung" else days[-1].away).append(away)
    return days


def of_dates(days: Iterable[Day]) -> dict[str, Any]:
    """Lateness and cover of the planned receptions, by date."""
    dates: dict[date, dict[str, Any]] = {}
    for day in days:
        if not day.opening["clock_trusted"]:
            continue
        on = date.fromisoformat(day.date) if day.date else day.local(day.opening)[0]  # type: ignore[index]
        first = day.plan.span("reception", on)
        last = day.plans[-1][1].span("reception", on)
        planned = None if last is None else ((first or last)[0] * MINUTE, last[1] * MINUTE)
        now = day.local(day.last)
        if planned and day.closed is None and now is not None and now[0] == on:
            planned = (planned[0], min(planned[1], now[1])) if now[1] > planned[0] else None
        known = dates.setdefault(on, {"planned": planned, "open": [], "paused": [], "roster": 0})
        if known["planned"] and planned:
            known["planned"] = (known["planned"][0], planned[1])
        else:
            known["planned"] = planned
        known["open"] += day.marks(day.receiving())
        known["paused"] += day.marks((p[0], p[1] if len(p) > 1 else None) for p in day.pauses)
        known["roster"] = roster(day.plan, on)
    late, early, due, covered = [], [], 0, 0
    for facts in dates.values():
        if facts["planned"] is None:
            continue
        opens, closes = facts["planned"]
        first = min((a for a, _ in facts["open"]), default=closes)
        last = max((b for _, b in facts["open"]), default=opens)
        late.append(max(0, min(first, closes) - opens))
        early.append(max(0, closes - max(last, opens)))
        whole, kept = sweep(opens, closes, facts["open"], facts["paused"])
        due, covered = due + whole, covered + kept
    return {
        "late_openings": sum(ms >= MINUTE for ms in late),
        "late_opening_max": max(late, default=None),
        "early_closings": sum(ms >= MINUTE for ms in early),
        "early_closing_max": max(early, default=None),
        "covered": covered / due if due else None,
        "roster": sum(facts["roster"] for facts in dates.values()),
    }


def sweep(opens: int, closes: int, received: list[tuple[int, int]], paused: list[tuple[int, int]]) -> tuple[int, int]:
    """Milliseconds of the span without pauses, and how many of these somebody received."""
    cuts = sorted({opens, closes, *(x for pair in received + paused for x in pair if opens < x < closes)})
    whole = kept = 0
    for a, b in pairwise(cuts):
        if any(x <= a < y for x, y in paused):
            continue
        whole += b - a
        if any(x <= a < y for x, y in received):
            kept += b - a
    return whole, kept


def roster(plan: Plan, on: date) -> int:
    minutes: set[tuple[int, int]] = set()
    off: set[tuple[int, int]] = set()
    for shift in plan.shifts_on(on):
        minutes |= {(shift["desk"], minute) for minute in range(*both(shift["hours"]))}
        for text in shift.get("breaks", []):
            off |= {(shift["desk"], minute) for minute in range(*both(text))}
    return len(minutes - off) * MINUTE


COUNTED = """
issued adopted booked unpromised served served_by_system missed left left_by_system cancelled mistaken merged in_hand
turned_away no_shows services several_services transfers sent parked returned picked undone claimed confirmed refused
breaks issued_outside_hours bells bells_unanswered bells_withdrawn device_outages
"""


def indicators(rows: Iterable[Row], dates: Mapping[str, Any] | None = None) -> dict[str, float | None]:
    """Every indicator of a period over some rows; of the whole hall with what is known of the dates."""
    by: dict[str, list[int]] = defaultdict(list)
    for name, _, value in rows:
        by[name].append(value)

    def mean(name: str) -> float | None:
        return round(sum(by[name]) / len(by[name])) if by[name] else None

    def share(name: str) -> float | None:
        return sum(by[name]) / len(by[name]) if by[name] else None

    def ratio(over: str, under: str, scale: int = 1, *, count: bool = False) -> float | None:
        below = sum(by[under])
        return (len(by[over]) if count else sum(by[over])) * scale / below if below else None

    found: dict[str, float | None] = {}
    for name in COUNTED.split():
        found[name] = len(by[name])
    spreads = "wait walk_in_wait booked_wait further_wait way service inferred_service"
    for name in (spreads + " bell_reaction bell_arrival device_repair").split():
        ordered = sorted(by[name])
        found[f"{name}_mean"] = mean(name)
        found[f"{name}_p95"] = next((v for i, v in enumerate(ordered, 1) if 100 * i >= 95 * len(ordered)), None)
        found[f"{name}_max"] = max(ordered, default=None)
    for name in ("working", "busy", "idle", "break", "break_outside_plan"):
        found[name] = sum(by[name])
    for name in ("over_norm", "walk_in_over_norm", "booked_over_norm", "service_over_norm"):
        found[name] = share(name)
    for name in ("bell_answered_60", "bell_answered_120"):
        found[name] = share(name)
    found["device_availability"] = ratio("device_working", "device_watched")
    found["abandonment"] = share("abandoned")
    found["range_coverage"] = share("in_range")
    found["estimate_error"], found["naive_error"] = mean("estimate_error"), mean("naive_error")
    found["estimate_of_naive"] = ratio("estimate_error", "naive_error")
    found["occupancy"] = ratio("busy", "working")
    found["desk_throughput"] = ratio("services", "working", 3_600_000, count=True)
    if dates is not None:
        found["receiving"], found["paused"] = sum(by["receiving"]), sum(by["paused"])
        found["throughput"] = ratio("services", "receiving", 3_600_000, count=True)
        found |= {name: value for name, value in dates.items() if name != "roster"}
        found["desks_of_plan"] = sum(by["working"]) / dates["roster"] if dates["roster"] else None
    return found


def recompute(
    lines: Iterable[str], plan_texts: Iterable[str], first: int = 1, last: int = 2**62
) -> tuple[dict[str, float | None], dict[tuple[str, Any], dict[str, float | None]]]:
    """Indicators of the days from `first` to `last`: of the whole hall, and of every part of it."""
    plans = {plan.digest: plan for plan in map(Plan, plan_texts)}
    days = [d for d in read_days(map(json.loads, lines), plans) if first <= d.opening["body"]["day"] <= last]
    rows = [row for day in days for row in day.rows()]
    parts: dict[tuple[str, Any], list[Row]] = defaultdict(list)
    for row in rows:
        for name in DIMENSIONS:
            if row[1].get(name) is not None:
                parts[name, row[1][name]].append(row)
    return indicators(rows, of_dates(days)), {part: indicators(some) for part, some in parts.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("journal", type=Path)
    parser.add_argument("--plan", type=Path, action="append", required=True)
    parser.add_argument("--by", choices=DIMENSIONS, help="also every value of this")
    options = parser.parse_args()
    with options.journal.open(encoding="utf-8") as lines:
        whole, parts = recompute(lines, [path.read_text(encoding="utf-8") for path in options.plan])
    found: dict[str, Any] = {"all": whole}
    if options.by:
        found |= {f"{name}={value}": part for (name, value), part in parts.items() if name == options.by}
    print(json.dumps(found, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()

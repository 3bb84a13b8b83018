"""What the acts of a scenario do: to keys, devices, clocks and power, and what people ask for at screens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from random import Random
from typing import Protocol

from appliance.domain.bell import AnswerBell, CloseBell
from appliance.domain.calling import CallBack, CallTicket
from appliance.domain.days import CloseDay, OpenDay
from appliance.domain.desks import SignIn, SignOut, TakeBreak
from appliance.domain.message import Command
from appliance.domain.pausing import PauseHall, ResumeHall
from appliance.domain.priority import ConfirmCategory, NoteNeeds, RefuseCategory, SetCategory
from appliance.domain.serving import Park, ReturnTicket
from appliance.domain.slips import Reprint
from appliance.domain.tickets import AdoptTicket, LeaveTicket, TakeTicket
from appliance.domain.turning_away import TurnAway
from appliance.domain.visits import AddService, MergeTickets, SendTicket, Transfer
from appliance.scenario.expect import find_ticket, label
from appliance.scenario.file import Line, Scenario, instant
from appliance.scenario.office import Box, PaperPath
from appliance.scenario.people import Fingers, Operator

KIOSK, RECEPTION = "kiosk:touch", "reception"

MID_SLIP_DOTS = 200
MID_SLIP_BYTES = {"raster": 4_000, "text": 300}
"""Where the next slip breaks off: some way into it."""

DARK_S = 40
"""How long a box is without power when the file doesn't say."""


class Stage(Protocol):
    """What an act may ask of the day it is part of."""

    def at(self, at_ms: int, action: Callable[[], None]) -> None:
        """Do something at that time."""

    def tell(self, what: str) -> None:
        """Say what happened."""

    def fail(self, line: Line, what: str) -> None:
        """A line could not be carried out."""

    def no_power(self, what: str) -> None:
        """Somebody asked a box that is dark."""

    def power_cut(self, dark_s: int) -> None:
        """The power goes, and comes back."""

    def restart(self) -> None:
        """The process ends in order and begins again."""


class Acts:
    """Carries out lines. Whatever an act leads to is settled by the day."""

    def __init__(self, scenario: Scenario, box: Box, fingers: Fingers, stage: Stage) -> None:
        self._scenario, self._box, self._fingers, self._stage = scenario, box, fingers, stage
        self._visits = 0
        self._deeds: Mapping[str, Callable[[Line], None]] = {
            "desk": self._desk,
            "button": lambda line: self._fingers.press(f"kiosk/{line['BUTTON']}", line.get("GESTURE", "tap")),
            "bell": self._bell,
            "answer": lambda line: self._answer(line["BELL"]),
            "loop": lambda line: self._fingers.press(f"bell/{line['BELL']}", line.form.split()[1]),
            "arrive": lambda line: self._arrive(line, self._random(line)),
            "take": lambda line: self._take(line, KIOSK),
            "give": lambda line: self._take(line, RECEPTION),
            "every": self._stream,
            "serve": self._serve,
            "paper": self._printer,
            "cover": self._printer,
            "printer": self._printer,
            "voice": self._voice,
            "disk": self._disk,
            "clock": self._clock,
            "power": self._power,
            "restart": lambda _: self._stage.restart(),
            "adopt": self._adopt,
            "leave": lambda line: self._ask_about(line, lambda ticket: LeaveTicket(ticket, line.get("LEAVING", ""))),
            "return": lambda line: self._ask_about(line, ReturnTicket),
            "reprint": lambda line: self._ask_about(line, Reprint),
            "send": lambda line: self._ask_about(
                line, lambda ticket: SendTicket(ticket, line.get("SERVICE"), line.get("TARGET"))
            ),
            "merge": self._merge,
            "add": lambda line: self._ask_about(line, lambda ticket: AddService(ticket, line["SERVICE"])),
            "category": lambda line: self._ask_about(line, lambda ticket: SetCategory(ticket, line["CATEGORY"])),
            "confirm": lambda line: self._ask_about(line, ConfirmCategory),
            "refuse": lambda line: self._ask_about(line, RefuseCategory),
            "needs": lambda line: self._ask_about(line, lambda ticket: NoteNeeds(ticket, line["NEED"])),
            "away": lambda line: self._ask(TurnAway(line.get("SERVICE"), line["REASON"]), RECEPTION),
            "transfer": self._transfer,
            "park": self._park,
            "break": lambda line: self._ask_at(line, TakeBreak(line["DESK"], line.get("BREAK", ""))),
            "call": lambda line: self._ask_about(line, lambda ticket: CallBack(line["DESK"], ticket)),
            "pick": lambda line: self._ask_about(line, lambda ticket: CallTicket(line["DESK"], ticket)),
            "pause": lambda line: self._ask(PauseHall(line["PAUSE"]), RECEPTION),
            "resume": lambda _: self._ask(ResumeHall(), RECEPTION),
            "open": lambda _: self._ask(OpenDay(), RECEPTION),
            "close": lambda _: self._ask(CloseDay(), RECEPTION),
            "sign-in": lambda line: self._ask_at(line, SignIn(line["DESK"], line["OPERATOR"])),
            "sign-out": lambda line: self._ask_at(line, SignOut(line["DESK"])),
        }

    def perform(self, line: Line) -> None:
        """Do what the line says; what it leads to comes with the answers."""
        self._deeds[line.form.split()[0]](line)

    def _random(self, line: Line) -> Random:
        return Random(f"{self._scenario.seed}:{line.number}")

    def _ask(self, command: Command, actor: str, key: str | None = None) -> None:
        if not self._box.alive:
            self._stage.no_power(f"{actor} {type(command).__name__}")
            return
        self._box.writer.submit(command, actor=actor, key=key)

    def _ask_about(self, line: Line, command: Callable[[int], Command]) -> None:
        ticket = find_ticket(self._box.office, line["SERIES"], line["NUMBER"])
        if ticket is None:
            self._stage.fail(line, f"there is no ticket {label(line['SERIES'], line['NUMBER'])}")
            return
        self._ask(command(ticket.id), f"desk:{line['DESK']}" if "DESK" in line.values else RECEPTION)

    def _ask_at(self, line: Line, command: Command) -> None:
        self._ask(command, f"desk:{line['DESK']}")

    def _merge(self, line: Line) -> None:
        into = find_ticket(self._box.office, line["SERIES2"], line["NUMBER2"])
        if into is None:
            self._stage.fail(line, f"there is no ticket {label(line['SERIES2'], line['NUMBER2'])}")
            return
        self._ask_about(line, lambda ticket: MergeTickets(ticket, into.id))

    def _transfer(self, line: Line) -> None:
        come_back = line.form.endswith("and back")
        self._ask_at(line, Transfer(line["DESK"], line.get("SERVICE"), line.get("TARGET"), come_back))

    def _park(self, line: Line) -> None:
        minutes = line["DURATION"] // 60 if "DURATION" in line.values else None
        self._ask_at(line, Park(line["DESK"], line.get("PARKING", ""), minutes))

    def _desk(self, line: Line) -> None:
        self._fingers.press(f"desk/{line['DESK']}/{line['KEY']}", line.get("GESTURE", "tap"))

    def _bell(self, line: Line) -> None:
        """A press at the ramp, or staff's word on their page that somebody has been there."""
        if line.form == "bell close BELL":
            self._ask(CloseBell(line["BELL"]), RECEPTION)
        else:
            self._fingers.press(f"bell/{line['BELL']}", line.get("GESTURE", "tap"))

    def _answer(self, bell: str) -> None:
        """The key inside; on reception's page where there is no such key."""
        if any(one.name == bell and one.answer is not None for one in self._scenario.hardware.bells):
            self._fingers.press(f"answer/{bell}", "tap")
        else:
            self._ask(AnswerBell(bell), RECEPTION)

    def _arrive(self, line: Line, random: Random) -> None:
        self._visits += 1
        language = line.get("LANGUAGE", self._scenario.plan.languages[0])
        command = TakeTicket(random.choice(line["SERVICE"]), language, paper=self._box.paper is not None)
        share = line.get("PERCENT", 0) / 100
        if share and random.random() < share:
            command = replace(command, category=random.choice(line["CATEGORY"]))
        self._ask(command, KIOSK, f"visit-{self._visits}")

    def _take(self, line: Line, actor: str) -> None:
        """A number with everything that can be said with it; reception has seen the document and may insist."""
        self._visits += 1
        staff, anyway = actor == RECEPTION, line.form.endswith("anyway")
        command = TakeTicket(
            line["SERVICE"],
            line.get("LANGUAGE", self._scenario.plan.languages[0]),
            paper=self._box.paper is not None,
            also=line.get("OTHER", ()),
            purpose=line.get("PURPOSE", ""),
            category=line.get("CATEGORY"),
            confirmed=staff,
            needs=line.get("NEED", ()),
            unpromised=anyway,
            insist=anyway and staff,
        )
        self._ask(command, actor, f"visit-{self._visits}")

    def _stream(self, line: Line) -> None:
        until_ms = instant(line.date, line["TIME"], self._scenario.zone)
        random = self._random(line)
        for at_ms in range(line.at_ms, until_ms + 1, line["DURATION"] * 1000):
            self._stage.at(at_ms, partial(self._arrive, line, random))

    def _serve(self, line: Line) -> None:
        until_ms = instant(line.date, line["TIME"], self._scenario.zone)
        share = line.get("PERCENT", 0) / 100
        random = self._random(line)
        operator = Operator(line["DESK"], line["DURATION"], until_ms, share, random, self._box, self._fingers)
        self._work(operator)

    def _work(self, operator: Operator) -> None:
        again = operator.wake()
        if again is not None:
            self._stage.at(again, partial(self._work, operator))

    def _printer(self, line: Line) -> None:
        path = self._box.paper
        if path is None:
            self._stage.fail(line, "this office has no printer")
            return
        self._do_to_printer(line.form, path)
        self._stage.tell(line.form)
        if self._box.alive:
            path.printer.breaks_in_next_job |= line.form.endswith("mid-slip")
            path.acted()

    def _do_to_printer(self, form: str, path: PaperPath) -> None:
        virtual = path.virtual
        match form:
            case "paper out":
                virtual.paper_out()
            case "paper out mid-slip":
                virtual.paper_out(MID_SLIP_DOTS)
            case "paper load":
                virtual.load_paper()
            case "cover open":
                virtual.open_cover()
            case "cover close":
                virtual.close_cover()
            case "printer off":
                virtual.power_off()
            case "printer off mid-slip":
                virtual.power_off(MID_SLIP_BYTES[path.mode])
            case "printer on":
                virtual.power_on()
            case "printer unplug":
                virtual.unplug()
            case _:
                virtual.plug()

    def _voice(self, line: Line) -> None:
        if line.form == "voice unplug":
            self._box.voice.unplug()
        else:
            self._box.voice.plug()
        self._stage.tell(line.form)

    def _disk(self, line: Line) -> None:
        self._box.disk_full = line.form == "disk full"
        self._stage.tell(line.form)

    def _clock(self, line: Line) -> None:
        time = self._box.time
        match line.form:
            case "clock step SHIFT":
                time.error_ms += line["SHIFT"] * 1000
            case "clock lost":
                time.synced = False
            case "clock synced":
                time.error_ms, time.synced = 0, True
            case _:
                self._box.clock.confirm()
        self._stage.tell(line.text)

    def _power(self, line: Line) -> None:
        path = self._box.paper
        if not self._box.alive:
            self._stage.fail(line, "the power is already cut")
        elif line.form == "power cut mid-slip" and path is not None:
            path.printer.dies_in_next_job = True
        else:
            self._stage.power_cut(line.get("DURATION", DARK_S))

    def _adopt(self, line: Line) -> None:
        minutes = line["TIME"] // 60 if line.get("TIME") is not None else None
        language = self._scenario.plan.languages[0]
        command = AdoptTicket(line["SERIES"], line["NUMBER"], line["SERVICE"], language, minutes)
        self._ask(command, RECEPTION)

"""What people see: the board, the kiosk, a desk with its keys, the papers."""

from __future__ import annotations

from typing import Any

from appliance.api import desk_view, views
from appliance.domain import board
from appliance.domain.calling import HearCall
from appliance.domain.keys import Key, Press
from appliance.domain.office import DeskState, SlipState
from appliance.domain.slips import RecordSlip
from appliance.domain.tickets import TakeTicket
from tests.api.rig import Rig
from tests.plans import Sketch, hall_of


def tap(rig: Rig, desk: int, key: str, long: bool = False) -> None:
    rig.do(Press(desk, Key(key), long))


def calls(rig: Rig) -> list[tuple[str, int, int]]:
    return [(row.label[-3:], row.desk, row.calls) for row in views.hall(rig.office, rig.clock.now()).calls]


def keys(rig: Rig, desk: int) -> dict[tuple[str, bool], Any]:
    return {(key.key, key.long): key for key in desk_view.desk(rig.office, rig.clock.now(), desk).keys}


def test_the_board_shows_the_newest_call_first_and_a_recall_on_top(rig: Rig) -> None:
    for _ in range(3):
        rig.do(TakeTicket("submit"))
    for desk in (1, 2, 3):
        tap(rig, desk, "next")
        tap(rig, desk, "next")
        rig.do(HearCall(desk, 1))
    assert calls(rig) == [("003", 3, 1), ("002", 2, 1), ("001", 1, 1)]
    tap(rig, 1, "next")
    assert calls(rig)[0] == ("001", 1, 2)
    rig.do(HearCall(1, 2))
    assert calls(rig)[0] == ("001", 1, 2)
    tap(rig, 2, "next")
    rig.do(HearCall(2, 2))
    assert [row[0] for row in calls(rig)] == ["002", "001", "003"]


def test_first_calls_keep_their_order_when_they_are_heard(rig: Rig) -> None:
    for desk in (1, 2):
        rig.do(TakeTicket("consult"))
        tap(rig, desk, "next")
        tap(rig, desk, "next")
    before = calls(rig)
    rig.do(HearCall(1, 1))
    assert calls(rig) == before


def test_who_is_being_served_stays_on_the_board_for_some_minutes(rig: Rig) -> None:
    rig.do(TakeTicket("consult"))
    for key in ("next", "next", "finish"):
        tap(rig, 1, key)
    assert [row.state for row in views.hall(rig.office, rig.clock.now()).calls] == ["serving"]
    rig.clock.later(board.SERVING_SHOWN_S + 1)
    assert calls(rig) == []


def test_the_board_has_at_most_twelve_rows(tmp_path: Any) -> None:
    rig = Rig(tmp_path, hall_of(14))
    for desk in range(1, 15):
        rig.do(TakeTicket("service-1"))
        tap(rig, desk, "next")
        tap(rig, desk, "next")
    assert len(calls(rig)) == 12
    assert calls(rig)[0][1] == 14
    rig.close()


def test_the_board_names_desks_on_a_break_and_counts_who_waits(rig: Rig) -> None:
    rig.do(TakeTicket("consult"))
    tap(rig, 2, "next")
    tap(rig, 2, "finish")
    hall = views.hall(rig.office, rig.clock.now())
    assert (hall.on_break, hall.waiting, hall.open, hall.now, hall.date) == ([2], 1, True, "09:00", "2026-11-24")
    rig.clock.trusted = False
    assert views.hall(rig.office, rig.clock.now()).now is None


def test_the_kiosk_says_why_it_gives_no_number(shut: Rig) -> None:
    kiosk = views.kiosk(shut.office, shut.clock.now(), paper=True)
    assert (kiosk.open, kiosk.reason) == (False, "day-not-open")
    assert {service.reason for service in kiosk.services} == {"day-not-open"}
    assert kiosk.services[0].name == {"ru": "Услуга consult", "uk": "Услуга consult", "en": "Услуга consult"}


def test_the_kiosk_closes_by_the_plan_only_on_a_clock_that_is_believed(rig: Rig) -> None:
    rig.clock.later(12 * 3600)
    assert views.kiosk(rig.office, rig.clock.now(), paper=True).reason == "issuing-closed"
    rig.clock.trusted = False
    kiosk = views.kiosk(rig.office, rig.clock.now(), paper=True)
    assert (kiosk.open, kiosk.reason, kiosk.now) == (True, None, None)


def test_one_exhausted_series_doesnt_close_the_others(rig: Rig) -> None:
    from dataclasses import replace

    office = replace(rig.office, numbers={"А": 1000})
    kiosk = views.kiosk(office, rig.clock.now(), paper=True)
    assert (kiosk.open, kiosk.reason) == (True, None)
    assert {s.id: s.reason for s in kiosk.services} == {"consult": "numbers-exhausted", "submit": None}


def test_the_kiosk_knows_whether_there_is_paper_and_who_works(rig: Rig) -> None:
    assert rig.app.state.reading.kiosk().paper is False
    rig.health.listed = []
    assert rig.app.state.reading.kiosk().paper is False
    from tests.api.rig import Part

    rig.health.listed = [Part(condition="warning", reason="paper-near-end", hint="")]
    tap(rig, 1, "next")
    rig.do(TakeTicket("consult"))
    kiosk = rig.app.state.reading.kiosk()
    assert (kiosk.paper, kiosk.desks_working, kiosk.waiting) == (True, 1, 1)
    assert [service.waiting for service in kiosk.services] == [1, 0]


def test_keys_say_what_they_do_and_to_whom(rig: Rig) -> None:
    closed = keys(rig, 1)
    assert {key.does for key in closed.values()} == {"open-desk", None}
    assert closed["repeat", False].refusal == "key-has-no-effect"
    tap(rig, 1, "next")
    assert (keys(rig, 1)["next", False].does, keys(rig, 1)["next", False].refusal) == ("call-next", "nobody-waiting")
    for _ in range(2):
        rig.do(TakeTicket("consult"))
    free = keys(rig, 1)
    assert (free["next", False].ticket, free["next", False].following) == (None, "А\u00a0001")
    assert free["finish", False].does == "take-break"
    tap(rig, 1, "next")
    called = keys(rig, 1)
    assert {place: key.does for place, key in called.items()} == {
        ("next", False): "recall",
        ("next", True): "undo-last",
        ("repeat", False): "recall",
        ("repeat", True): "miss",
        ("finish", False): "start",
        ("finish", True): None,
    }
    assert called["next", True].ticket == "А\u00a0001"
    tap(rig, 1, "finish")
    serving = keys(rig, 1)
    assert serving["next", False].does == "finish-and-call"
    assert (serving["next", False].ticket, serving["next", False].following) == ("А\u00a0001", "А\u00a0002")
    assert serving["finish", True].does == "transfer"
    tap(rig, 1, "finish")
    rig.do(Press(1, Key.NEXT))
    tap(rig, 1, "repeat", long=True)
    back = keys(rig, 1)["repeat", False]
    assert (back.does, back.ticket, back.following) == ("call-back", "А\u00a0002", "А\u00a0002")


def test_keys_follow_the_setting_of_the_office(tmp_path: Any) -> None:
    for setting, does in (("start", "start"), ("finish-and-call", "finish-and-call"), ("recall", "recall")):
        folder = tmp_path / setting
        folder.mkdir()
        rig = Rig(folder, Sketch(settings={"next_when_called": setting}))
        rig.do(TakeTicket("consult"))
        tap(rig, 1, "next")
        tap(rig, 1, "next")
        assert keys(rig, 1)["next", False].does == does
        rig.close()


def test_what_a_key_promises_is_what_it_does(rig: Rig) -> None:
    for _ in range(4):
        rig.do(TakeTicket("consult"))
    for key, long in (("next", False), ("next", False), ("finish", False), ("next", False), ("repeat", True)):
        promised = keys(rig, 1)[key, long]
        before = rig.office.desks[1]
        tap(rig, 1, key, long)
        after = rig.office.desks[1]
        called = rig.office.tickets[after.ticket].label if after.ticket and after.state is DeskState.CALLED else None
        if promised.following is not None:
            assert called == promised.following
        if before.ticket:
            assert promised.ticket == rig.office.tickets[before.ticket].label


def test_the_first_key_of_the_morning_shows_that_it_opens_the_day(shut: Rig) -> None:
    assert keys(shut, 1)["next", False].does == "open-day"


def test_a_desk_shows_its_line_its_missed_and_its_seconds(rig: Rig) -> None:
    for _ in range(2):
        rig.do(TakeTicket("consult"))
    tap(rig, 1, "next")
    tap(rig, 1, "next")
    rig.clock.later(4)
    desk = desk_view.desk(rig.office, rig.clock.now(), 1, operator_name="Anna")
    assert (desk.state, desk.elapsed_s, desk.undo_s, desk.norm_s, desk.waiting) == ("called", 4, 6, 900, 1)
    assert desk.ticket is not None
    assert (desk.ticket.label, desk.operator_name) == ("А\u00a0001", "Anna")
    assert [row.label for row in desk.line] == ["А\u00a0002"]
    tap(rig, 1, "repeat", long=True)
    assert [row.label for row in desk_view.desk(rig.office, rig.clock.now(), 1).missed] == ["А\u00a0001"]
    rig.clock.later(11)
    assert desk_view.desk(rig.office, rig.clock.now(), 1).undo_s == 0


def test_papers_that_need_an_eye_are_those_of_people_who_still_wait(rig: Rig) -> None:
    for _ in range(3):
        rig.do(TakeTicket("consult"))
    rig.do(RecordSlip(1, SlipState.PRINTED))
    rig.do(RecordSlip(2, SlipState.EXPIRED))
    rig.clock.later(20)
    shown = {row.ticket: (row.state, row.queued_s) for row in views.slips(rig.office, rig.clock.now())}
    assert shown == {2: ("expired", 20), 3: ("queued", 20)}


def test_the_office_at_a_glance_counts_its_tickets(rig: Rig) -> None:
    for _ in range(3):
        rig.do(TakeTicket("consult"))
    for key in ("next", "next", "finish", "finish"):
        tap(rig, 1, key)
    tap(rig, 1, "next")
    tap(rig, 1, "repeat", long=True)
    rig.clock.later(60)
    view = rig.app.state.reading.office()
    assert (view.issued, view.served, view.missed, view.waiting, view.longest_wait_s) == (3, 1, 1, 1, 60)
    assert (view.office, view.incarnation, view.day, view.open) == ("office-17", 1, 1, True)
    assert (view.devices[0].name, view.uptime_s) == ("printer", 160)

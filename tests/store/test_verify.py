"""`verify` finds what was changed behind the journal's back."""

from __future__ import annotations

import pytest

from appliance.domain.bell import AnswerBell, PressBell
from appliance.domain.calling import CallNext
from appliance.domain.days import CloseDay
from appliance.domain.devices import NoteDevice
from appliance.domain.pausing import PauseHall, ResumeHall
from appliance.domain.slips import Reprint
from appliance.domain.tickets import TakeTicket
from appliance.store.verify import DIFFERENCES_SHOWN, verify
from tests.store.rig import Office

COPIED = """day, series, service, language, state, place, place_sub, adopted, desk, for_desk, returned, calls, issued,
called, heard, started, ended, inferred, by_system"""
TICKET = f"INSERT INTO ticket (id, number, {COPIED}) SELECT 99, 99, {COPIED} FROM ticket WHERE id = 2"
NOT_IN_THE_JOURNAL = "not in the journal"

TAMPERING = {
    "a changed journal body": (
        """UPDATE journal SET body = replace(body, '"number":2', '"number":3') WHERE kind = 'TicketIssued'""",
        "chain",
        "journal entry",
    ),
    "a changed actor": ("UPDATE journal SET actor = 'me' WHERE seq = 7", "chain", "journal entry 7"),
    "a changed moment": ("UPDATE journal SET uptime_ms = 1 WHERE seq = 7", "chain", "journal entry 7"),
    "a changed link": ("UPDATE journal SET chain = zeroblob(32) WHERE seq = 7", "chain", "journal entry 7"),
    "a journal entry removed": ("DELETE FROM journal WHERE seq = 7", "chain", "journal entry 8"),
    "the last journal entry removed": (
        "DELETE FROM journal WHERE seq = (SELECT max(seq) FROM journal)",
        "row",
        "",
    ),
    "a changed ticket": ("UPDATE ticket SET service = 'dance' WHERE id = 2", "row", "service is 'dance'"),
    "a category slipped in": ("UPDATE ticket SET category = 'vip' WHERE id = 2", "row", "category is 'vip'"),
    "a changed reason of a pause": ("UPDATE pause SET reason = 'lunch'", "row", "reason is 'lunch'"),
    "a pause removed": ("DELETE FROM pause", "row-missing", "pause (1,)"),
    "a ticket removed": ("DELETE FROM ticket WHERE id = 2", "row-missing", "ticket (2,)"),
    "a ticket too many": (TICKET, "row", NOT_IN_THE_JOURNAL),
    "a changed desk": ("UPDATE desk SET operator = 'eve' WHERE number = 2", "row", "operator is 'eve'"),
    "a desk removed": ("DELETE FROM desk WHERE number = 2", "row-missing", "desk (2,)"),
    "a changed slip": ("UPDATE slip SET copy = 0 WHERE id = 2", "row", "copy is 0"),
    "a slip removed": ("DELETE FROM slip WHERE id = 2", "row-missing", "slip (2,)"),
    "a counter set back": ("UPDATE counter SET next = 1 WHERE series = 'А'", "row", "next is 1"),
    "a changed date": ("UPDATE day SET date = '2020-01-01'", "row", "date is '2020-01-01'"),
    "a bell answered sooner": ("UPDATE bell SET answered = rung", "row", "answered is"),
    "a bell call removed": ("DELETE FROM bell", "row-missing", "bell (1,)"),
    "a device made well": ("UPDATE device SET condition = 'ready'", "row", "condition is 'ready'"),
    "a device removed": ("DELETE FROM device", "row-missing", "device ('printer',)"),
    "a changed incarnation": ("UPDATE office SET incarnation = 7", "row", "incarnation is 7"),
    "a plan removed": ("DELETE FROM plan", "replay", "no plan"),
    "a changed plan": ("UPDATE plan SET document = replace(document, '20:00', '19:00')", "row", "plan is"),
}


@pytest.fixture
def used(office: Office) -> Office:
    """A pause behind it, two tickets, one called, a copy of a slip, an answered bell, a printer without paper."""
    office.do(TakeTicket("consult"))
    office.do(TakeTicket("consult", paper=False))
    office.do(Reprint(1))
    office.do(PauseHall("power"))
    office.do(ResumeHall())
    office.do(PressBell("ramp"))
    office.do(AnswerBell("ramp"))
    office.do(NoteDevice("printer", "fault", "paper-out"))
    office.do(CallNext(1))
    return office


def test_a_sound_database_is_clean(used: Office) -> None:
    report = verify(used.path)
    assert report.clean
    assert report.entries == used.writer.office.seq
    assert report.rows == 1 + 1 + 2 + 3 + 2 + 1 + 1 + 1 + 1
    used.do(CloseDay())
    used.stop()
    assert verify(used.path).clean


@pytest.mark.parametrize("name", TAMPERING)
def test_verify_finds(used: Office, name: str) -> None:
    sql, code, told = TAMPERING[name]
    if name == "a changed slip":
        used.tamper("DROP INDEX one_unmarked_paper_per_ticket")
    used.stop()
    used.tamper(sql)
    faults = verify(used.path).faults
    assert any(found == code and told in detail for found, detail in faults), faults


def test_verify_finds_a_damaged_file(used: Office) -> None:
    used.stop()
    content = bytearray(used.path.read_bytes())
    for offset in range(3 * 1024, len(content), 1024):
        content[offset : offset + 40] = b"\xff" * 40
    used.path.write_bytes(content)
    assert [code for code, _ in verify(used.path).faults] == ["integrity"]


def test_verify_shows_a_bounded_number_of_differences(used: Office) -> None:
    for _ in range(30):
        used.do(TakeTicket("consult"))
    used.stop()
    used.tamper("UPDATE ticket SET service = 'dance'")
    assert len(verify(used.path).faults) == DIFFERENCES_SHOWN


def test_verify_changes_nothing(used: Office) -> None:
    used.stop()
    before = used.path.read_bytes()
    verify(used.path)
    assert used.path.read_bytes() == before

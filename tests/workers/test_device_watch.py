"""A change that lasts is noted once; what flaps doesn't fill the journal."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from appliance.domain.devices import NoteDevice
from appliance.workers.device_watch import CALM_S, GONE_S, NOTES_AN_HOUR, DeviceWatch, conditions
from tests.store.rig import PATIENCE_S, Office


@dataclass(frozen=True)
class Seen:
    name: str
    kind: str
    condition: str = "ready"
    reason: str = ""


@dataclass
class Box:
    """The devices of a box, and a watch over them with a clock of its own."""

    office: Office
    devices: list[Seen] = field(default_factory=list)
    time_s: float = 100.0

    def __post_init__(self) -> None:
        self.watch = DeviceWatch(self.office.writer, lambda: self.devices, lambda: self.time_s, absent=("voice",))

    def after(self, seconds: float) -> None:
        """Time passes, with two looks a second."""
        end = self.time_s + seconds
        while self.time_s < end:
            self.time_s = min(end, self.time_s + 0.5)
            for asked in self.watch.look():
                asked.exception(PATIENCE_S)

    def printer(self, condition: str = "ready", reason: str = "") -> None:
        """How the printer is from now on."""
        self.devices = [Seen("printer", "printer", condition, reason)]

    @property
    def noted(self) -> list[tuple[str, ...]]:
        """What the journal has."""
        query = "SELECT json_extract(body, '$.device', '$.condition', '$.reason') FROM journal WHERE kind = ?"
        rows = self.office.query(query.replace("?", "'DeviceChanged' ORDER BY seq"))
        return [tuple(row[0].strip("[]").replace('"', "").split(",")) for row in rows]


@pytest.fixture
def box(office: Office) -> Box:
    return Box(office)


def test_a_change_that_lasts_a_second_is_noted_once(box: Box) -> None:
    box.printer()
    box.after(5)
    assert box.noted == [("printer", "ready", "")]
    box.printer("fault", "paper-out")
    box.after(1)
    assert len(box.noted) == 1
    box.after(0.5)
    box.after(60)
    assert box.noted == [("printer", "ready", ""), ("printer", "fault", "paper-out")]


def test_a_short_flutter_is_not_noted(box: Box) -> None:
    box.printer()
    box.after(2)
    for _ in range(50):
        box.printer("missing", "silent")
        box.after(0.5)
        box.printer()
        box.after(0.5)
    assert box.noted == [("printer", "ready", "")]


def test_what_is_known_from_before_a_restart_is_not_noted_again(box: Box) -> None:
    box.office.do(NoteDevice("printer", "fault", "paper-out"))
    box.printer("fault", "paper-out")
    box.after(5)
    assert len(box.noted) == 1


def test_a_flapping_device_is_noted_as_that_until_it_is_calm(box: Box) -> None:
    for number in range(3 * NOTES_AN_HOUR + 1):
        box.printer(*(("ready", "") if number % 2 else ("fault", "cover-open")))
        box.after(2)
    assert len(box.noted) == NOTES_AN_HOUR + 1
    assert box.noted[-1] == ("printer", "warning", "flapping")
    box.printer()
    box.after(CALM_S - 1)
    assert len(box.noted) == NOTES_AN_HOUR + 1
    box.after(2)
    assert box.noted[-1] == ("printer", "ready", "")
    box.printer("fault", "paper-out")
    box.after(2)
    assert box.noted[-1] == ("printer", "fault", "paper-out")


def test_a_device_that_is_no_longer_named_is_noted_as_that_once(box: Box) -> None:
    box.printer()
    box.after(2)
    box.devices = []
    box.after(GONE_S + 2)
    assert box.noted[-1] == ("printer", "missing", "not-configured")
    box.after(GONE_S)
    box.printer()
    box.after(2)
    assert [condition for _, condition, _ in box.noted] == ["ready", "missing", "ready"]


def test_what_is_no_device_or_not_there_at_all_is_not_noted(box: Box) -> None:
    box.devices = [
        Seen("replica", "replica", "warning", "replica-behind"),
        Seen("disk", "disk"),
        Seen("clock", "clock", "fault", "clock-doubtful"),
        Seen("store", "store"),
        Seen("plan", "plan", "warning", "plan-wrong"),
        Seen("desk/99/next", "buttons", "warning", "not-in-plan"),
        Seen("voice", "voice", "missing", "no-loudspeaker"),
        Seen("printer", "printer", "missing", "not-started"),
    ]
    box.after(40)
    assert box.noted == []


def test_more_devices_than_the_book_has_room_for_stop_nothing(box: Box) -> None:
    box.devices = [Seen(f"module/{number}", "module") for number in range(70)]
    box.after(3)
    assert len(box.noted) == 64
    box.devices[0] = Seen("module/0", "module", "missing", "no-answer")
    box.after(2)
    assert box.noted[-1] == ("module/0", "missing", "no-answer")


def test_the_keys_of_a_panel_are_one_device() -> None:
    found = conditions(
        [
            Seen("desk/3/next", "buttons", "fault", "key-stuck"),
            Seen("desk/3/finish", "buttons", "missing", "pin-unreadable"),
            Seen("bell/ramp", "buttons", "fault", "loop-cut"),
            Seen("kiosk/consult", "buttons", "missing", "Pin Lost"),
        ],
        {"desk/2": None, "printer": None},
    )
    assert found == {
        "desk/3": ("fault", "key-stuck"),
        "bell/ramp": ("fault", "loop-cut"),
        "kiosk/consult": ("missing", "unknown"),
        "buttons": ("fault", "keys-out-of-order"),
        "desk/2": ("ready", ""),
    }


def test_one_bad_key_is_its_panels_and_not_everybodys() -> None:
    found = conditions([Seen("desk/3/next", "buttons", "fault", "key-stuck"), Seen("buttons", "buttons")], {})
    assert found == {"desk/3": ("fault", "key-stuck"), "buttons": ("ready", "")}


def test_a_watch_that_runs_notes_by_itself(office: Office) -> None:
    told = [Seen("printer", "printer", "fault", "paper-out")]
    watch = DeviceWatch(office.writer, lambda: told)
    watch.start()
    try:
        for _ in range(400):
            if "printer" in office.writer.office.devices:
                break
            watch._stop.wait(0.05)
        assert office.writer.office.devices["printer"].reason == "paper-out"
    finally:
        watch.stop()

"""The face of a tile: what it shows, as the words and numbers themselves. Two equal faces need no new picture."""

from __future__ import annotations

from dataclasses import dataclass

from sync.centre.alarm import Alarm, Severity
from sync.centre.tile import Place, Tile, TileState
from web.centre.pages import Pages
from web.centre.wording import DOUBTS, N_, PAUSES, RULES
from web.language import NBSP

NORM_AT = 75
"""Where the norm's tick stands on a bar, per cent: a bar is full at a third over the norm."""

MINUTE_MS = 60_000

KINDS = ("new", "taken", "warning", "stale", "doubt", "never", "plain", "asleep", "off")
"""What a tile looks like: an alarm that nobody has taken, one that somebody has, a warning..."""


@dataclass(frozen=True, slots=True)
class Face:
    """A tile as it is shown. `bar`: the longest wait in per cent of the bar, None: no bar; `late`: its level.

    `note` stands in place of the figures; `last`: the figures are old, and it says of when.
    """

    id: str
    name: str
    mobile: bool
    kind: str
    icon: str
    flag: str
    waiting: str
    wait: str
    desks: str
    desks_level: str
    bar: int | None
    late: str
    note: str = ""
    last: str = ""
    told: str = ""


LAST = N_("waited at %(time)s")
OPENS = N_("Opens at %(time)s")
ASLEEP = N_("Outside the hours")
NEVER = N_("Nothing has come yet")
NEXT_STOP = N_("Leaves as planned, from %(time)s at %(stop)s")
NO_STOP = N_("No stop today")
DAY_OFF = N_("Day off")
NO_DATA = N_("No data %(age)s")
NO_DATA_YET = N_("No data yet")
DOUBT = N_("Data in doubt")
PAUSED = N_("Hall paused")
AT_STOP = N_("%(stop)s until %(time)s")
NOBODY = N_("nobody is waiting")
SILENT = N_("Silent until %(time)s")


def gravest(tile: Tile) -> Alarm | None:
    """The alarm that the tile's look follows: the gravest now, those that nobody has taken first."""
    order = sorted(
        (one for one in tile.alarms if one.closed_ms is None),
        key=lambda one: (one.now != Severity.ALARM, one.acknowledged_ms is not None, one.raised_ms),
    )
    return order[0] if order else None


def kind_of(tile: Tile) -> str:
    """Which of KINDS a tile is. What is not known goes before what is bad: old numbers may not look like news."""
    if tile.state in (TileState.STALE, TileState.DOUBT, TileState.NEVER):
        return tile.state.value
    alarm = gravest(tile)
    if alarm is not None and alarm.now == Severity.ALARM:
        return "taken" if alarm.acknowledged_ms is not None else "new"
    if alarm is not None:
        return "warning"
    return {TileState.ASLEEP: "asleep", TileState.OFF: "off"}.get(tile.state, "plain")


def minutes(value: float | None, code: str) -> str:
    """A wait on a tile: whole minutes, an hour and more in hours."""
    if value is None:
        return "—"
    minute, hour = {"ru": ("мин", "ч"), "uk": ("хв", "год")}.get(code, ("min", "h"))
    whole = int(value // MINUTE_MS)
    if whole < 100:
        return f"{whole}{NBSP}{minute}"
    return f"{whole // 60}{NBSP}{hour}{NBSP}{whole % 60:02d}"


def age(ms: int | None, code: str) -> str:
    """An age on a tile, in one unit."""
    if ms is None:
        return "—"
    minute, hour, day = {"ru": ("мин", "ч", "дн."), "uk": ("хв", "год", "дн.")}.get(code, ("min", "h", "d"))
    passed = int(ms // MINUTE_MS)
    if passed < 100:
        return f"{passed}{NBSP}{minute}"
    return f"{passed // 60}{NBSP}{hour}" if passed < 48 * 60 else f"{passed // 1440}{NBSP}{day}"


def whole(value: float | None) -> str:
    """A count; a dash where it is unknown."""
    return "—" if value is None else str(round(value))


def face_of(
    tile: Tile,
    pages: Pages,
    code: str,
    norm_ms: float = 15 * MINUTE_MS,
    zone: str | None = None,
    silent_ms: int | None = None,
) -> Face:
    """The face of a tile in a language. `norm_ms`: the wait at which its bar's tick stands. `silent_ms`: until when
    nothing rings of this office.
    """
    kind = kind_of(tile)
    alarm = gravest(tile)
    flag, icon = _flag(tile, kind, alarm, pages, code)
    waiting, longest, desks = (tile.figures.get(name) for name in ("waiting", "wait_max", "desks"))
    wait = longest.value if longest is not None else None
    shown_desks = "—"
    if desks is not None and desks.value is not None:
        shown_desks = whole(desks.value) + (f"/{whole(desks.of)}" if desks.of is not None else "")
    last = ""
    if kind in ("stale", "doubt") and tile.as_of_ms and waiting is not None and waiting.value is not None:
        last = pages.say(LAST, code, {"time": pages.hour(tile.as_of_ms, zone)})
    return Face(
        id=tile.office,
        name=tile.name,
        mobile=tile.mobile,
        kind=kind,
        icon=icon,
        flag=flag,
        waiting=whole(waiting.value if waiting is not None else None),
        wait="" if wait is None and nobody_waits(tile) else minutes(wait, code),
        desks=shown_desks,
        desks_level=desks.level if desks is not None else "",
        bar=None if wait is None else min(100, round(wait / norm_ms * NORM_AT)),
        late=longest.level if longest is not None else "",
        note=_note(tile, kind, pages, code),
        last=last,
        told="" if flag else _told(tile, pages, code, silent_ms),
    )


def nobody_waits(tile: Tile) -> bool:
    """Whether it is known that nobody waits."""
    waiting = tile.figures.get("waiting")
    return waiting is not None and waiting.value == 0


def _told(tile: Tile, pages: Pages, code: str, silent_ms: int | None) -> str:
    if silent_ms is not None:
        return pages.say(SILENT, code, {"time": pages.day(silent_ms, code)})
    return place_words(tile.place, pages, code) if tile.mobile and tile.place is not None else ""


def place_words(place: Place, pages: Pages, code: str) -> str:
    """Where a bus stands, and until when."""
    return pages.say(AT_STOP, code, {"stop": place.stop, "time": clock_of(place.ends)})


def clock_of(moment: str) -> str:
    """`12:00` of a local ISO time."""
    return moment.partition("T")[2][:5] or moment[:5]


def _flag(tile: Tile, kind: str, alarm: Alarm | None, pages: Pages, code: str) -> tuple[str, str]:
    if kind == "stale":
        return pages.say(NO_DATA, code, {"age": age(tile.age_ms, code)}), "state-missing"
    if kind == "never":
        return pages.translate(NO_DATA_YET, code), "state-missing"
    if kind == "doubt":
        return pages.translate(DOUBT, code), "state-missing"
    if tile.paused:
        return pages.translate(PAUSED, code), "state-break"
    if alarm is None:
        return "", ""
    rule = RULES.get(alarm.rule)
    rings = alarm.now == Severity.ALARM
    message = alarm.rule if rule is None else rule.flag if rings or not rule.warning else rule.warning
    return pages.translate(message, code), "state-alarm" if rings else "state-warning"


def _note(tile: Tile, kind: str, pages: Pages, code: str) -> str:
    if kind == "asleep":
        return pages.say(OPENS, code, {"time": tile.opens}) if tile.opens else pages.translate(ASLEEP, code)
    if kind == "off" and tile.mobile:
        if tile.next_place is None:
            return pages.translate(NO_STOP, code)
        there = {"time": clock_of(tile.next_place.begins), "stop": tile.next_place.stop}
        return pages.say(NEXT_STOP, code, there)
    if kind == "off":
        return pages.translate(DAY_OFF, code)
    if kind == "never":
        return pages.translate(NEVER, code)
    return ""


def doubt_words(reason: str, pages: Pages, code: str) -> str:
    """Why data may not be believed."""
    return pages.word(DOUBTS, reason, code)


def pause_words(reason: str, pages: Pages, code: str) -> str:
    """Why a hall stands still."""
    return pages.word(PAUSES, reason, code)

"""The three keys of a desk: what a press means in each state (the table of keys)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from appliance.domain import require
from appliance.domain.calling import CallBack, CallNext, Miss, Recall
from appliance.domain.days import OpenDay
from appliance.domain.desks import CloseDesk, OpenDesk, TakeBreak
from appliance.domain.message import Command
from appliance.domain.office import DeskState, Office
from appliance.domain.plan import NextWhenCalled
from appliance.domain.refusal import Code, Refused
from appliance.domain.serving import Finish, Park, Start
from appliance.domain.undoing import UndoLast
from appliance.domain.visits import Transfer


class Key(StrEnum):
    """The keys of a panel."""

    NEXT = "next"
    REPEAT = "repeat"
    FINISH = "finish"


@dataclass(frozen=True)
class Press(Command):
    """A key of a desk's panel, real or on a screen.

    `expects` is the ticket that the person saw at the desk (0: none), where a screen knows it: a press that was meant
    for another situation is refused instead of doing something else.
    """

    desk: int
    key: Key
    long: bool = False
    expects: int | None = None


TABLE: dict[tuple[DeskState, Key, bool], Callable[[int], Command]] = {
    (DeskState.CLOSED, Key.NEXT, False): OpenDesk,
    (DeskState.CLOSED, Key.NEXT, True): OpenDesk,
    (DeskState.BREAK, Key.NEXT, False): OpenDesk,
    (DeskState.BREAK, Key.NEXT, True): OpenDesk,
    (DeskState.BREAK, Key.FINISH, True): CloseDesk,
    (DeskState.FREE, Key.NEXT, False): CallNext,
    (DeskState.FREE, Key.REPEAT, False): CallBack,
    (DeskState.FREE, Key.FINISH, False): TakeBreak,
    (DeskState.FREE, Key.NEXT, True): UndoLast,
    (DeskState.FREE, Key.FINISH, True): CloseDesk,
    (DeskState.CALLED, Key.REPEAT, False): Recall,
    (DeskState.CALLED, Key.FINISH, False): Start,
    (DeskState.CALLED, Key.NEXT, True): UndoLast,
    (DeskState.CALLED, Key.REPEAT, True): Miss,
    (DeskState.SERVING, Key.NEXT, False): lambda desk: Finish(desk, call_next=True),
    (DeskState.SERVING, Key.REPEAT, False): Park,
    (DeskState.SERVING, Key.FINISH, False): Finish,
    (DeskState.SERVING, Key.NEXT, True): UndoLast,
    (DeskState.SERVING, Key.FINISH, True): Transfer,
}
"""Desk state, key and long press to the command; NEXT at a calling desk is a setting. What is missing has no effect."""


def meaning(office: Office, press: Press) -> Sequence[Command]:
    """The commands that this press stands for now; the first key of a morning opens the day too."""
    desk = require.desk(office, press.desk)
    if press.expects is not None and press.expects != (desk.ticket or 0):
        raise Refused(Code.CHANGED_MEANWHILE, desk=desk.number)
    if (desk.state, press.key, press.long) == (DeskState.CALLED, Key.NEXT, False):
        return [next_when_called(office, press.desk)]
    command = TABLE.get((desk.state, press.key, press.long))
    if command is None:
        raise Refused(Code.KEY_HAS_NO_EFFECT, desk=desk.number, state=desk.state.value)
    if command is OpenDesk and office.open_day is None:
        return [OpenDay(), OpenDesk(press.desk)]
    return [command(press.desk)]


def next_when_called(office: Office, desk: int) -> Command:
    """What NEXT does while the called visitor has not come, by the office's setting."""
    assert office.plan is not None
    match office.plan.settings.next_when_called:
        case NextWhenCalled.START:
            return Start(desk)
        case NextWhenCalled.FINISH_AND_CALL:
            return Finish(desk, call_next=True)
        case _:
            return Recall(desk)

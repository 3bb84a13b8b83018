"""Numbers and their blocks: how two cards of one office are kept from giving out the same number."""

from __future__ import annotations

from appliance.domain.office import Day, Office

BLOCK_SIZE = 1000
"""Numbers of one block: 1-999, then 1001-1999 after a restore. Two incarnations never share one."""

EMERGENCY_BLOCK = 9
"""Numbers 9001-9999 are printed on paper in advance, for the hours when the box is dead."""


def block_of(incarnation: int) -> int:
    """The block that an incarnation numbers in while its fence stands; a restored one never in block 0 or 9."""
    return 0 if incarnation <= 1 else 1 + (incarnation - 2) % (EMERGENCY_BLOCK - 1)


def block_for(office: Office, date: str | None) -> int:
    """The numbering block of a day opened with this date.

    A restored office numbers in its fence's block until a day with a later, known date is opened: until then the old
    card may have numbered the same day.
    """
    fence = office.fence
    if fence is None:
        return 0
    if date is not None and fence.until is not None and date > fence.until:
        return 0
    return fence.block


def next_number(office: Office, day: Day, series: str) -> int:
    """The number that the series gives out next."""
    return office.numbers.get(series, day.block * BLOCK_SIZE + 1)


def numbers_left(day: Day, number: int) -> int:
    """How many numbers of the day's block are left from `number` on."""
    return (day.block + 1) * BLOCK_SIZE - number


def may_be_ours(office: Office, day: Day, series: str, number: int) -> bool:
    """Whether this office or a later incarnation of it could give out `number` today: then no paper may claim it."""
    block = number // BLOCK_SIZE
    if block == EMERGENCY_BLOCK:
        return False
    if block == day.block:
        return number >= next_number(office, day, series)
    return block > day.block

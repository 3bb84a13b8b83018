"""Where a printer keeps its Cyrillic letters: a test slip with one numbered entry for each place they may be in.

The slot of a code page differs from model to model, and documents are wrong often enough: a technician looks which
entry can be read and ticks it. Only a ticked code page is ever used for slips.
"""

from __future__ import annotations

from dataclasses import dataclass

from hardware.printing.commands import cut, reset, text_reset
from hardware.printing.profiles import PROFILES, PrinterProfile

CODE_PAGES = ("CP1251", "CP1125", "CP866")
"""The code pages that slips may be set in, the one with the most letters first. Others lack more than і and ґ."""

LETTERS = ("абвгдежзийклмнопрстуфхцчшщъыьэюя", "АБВГД ЁёЄєІіЇїҐґ №")
MISSING = "-"
"""Printed for a letter that the code page lacks."""

_INSTRUCTIONS = (
    "Какая строка читается целиком?",
    "Выберите её номер на странице техника.",
    "Який рядок читається повністю?",
    "Виберіть його номер на сторінці техніка.",
    "Which entry can be read?",
    "Choose its number on the technician’s page.",
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One entry of the test slip: the code page that may lie in a slot (`ESC t`)."""

    number: int
    codepage: str
    slot: int

    @property
    def name(self) -> str:
        """As it is printed beside the number, such as `CP1251/46`."""
        return f"{self.codepage}/{self.slot}"


def candidates(profile: PrinterProfile) -> tuple[Candidate, ...]:
    """Every entry, numbered from 1: first the slots that the profile names, then those of all other known models."""
    own = _slots_of(profile)
    known = {place for other in PROFILES.values() for place in _slots_of(other)}
    places = [*own, *sorted(known - set(own), key=_order)]
    return tuple(Candidate(number, codepage, slot) for number, (codepage, slot) in enumerate(places, 1))


def job(profile: PrinterProfile) -> bytes:
    """The bytes of the test slip, from reset to cut."""
    from hardware.printing.dots import raster
    from hardware.printing.pictures import caption

    out = bytearray(reset(profile))
    out += raster(caption(_INSTRUCTIONS, profile.width))
    for candidate in candidates(profile):
        out += entry(candidate)
    return bytes(out + cut(profile))


def entry(candidate: Candidate) -> bytes:
    """The lines of one candidate, each at most 32 letters long."""
    # A slot that the printer doesn't have is ignored: the reset keeps it from showing the page of the entry before.
    lines = [f"{candidate.number:>2}  {candidate.name}".encode()]
    lines += [_encoded(letters, candidate.codepage) for letters in LETTERS]
    return text_reset(candidate.slot) + b"".join(line + b"\n" for line in lines) + b"\n"


def _encoded(letters: str, codepage: str) -> bytes:
    out = bytearray()
    for letter in letters:
        try:
            out += letter.encode(codepage)
        except UnicodeEncodeError:
            out += MISSING.encode()
    return bytes(out)


def _slots_of(profile: PrinterProfile) -> list[tuple[str, int]]:
    return sorted(((page, slot) for slot, page in profile.code_pages.items() if page in CODE_PAGES), key=_order)


def _order(place: tuple[str, int]) -> tuple[int, int]:
    codepage, slot = place
    return CODE_PAGES.index(codepage), slot

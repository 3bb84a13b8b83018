"""The few ESC/POS commands that Talon writes itself, as bytes."""

from __future__ import annotations

from hardware.printing.profiles import PrinterProfile

BAND_ROWS = 24  # low bands follow the ink's right edge closely; 11 bytes of header a band cost less

_MM_PER_INCH = 25.4
_MOST_FEED = 255


def reset(profile: PrinterProfile) -> bytes:
    """Put the printer into a known state; afterwards `ESC J` counts dots."""
    return b"\x1b@" + dot_units(profile)


def dot_units(profile: PrinterProfile) -> bytes:
    """Let `ESC J` count dots (`GS P`): by default it counts half a dot on some models."""
    dpi = min(255, round(profile.dots_per_mm * _MM_PER_INCH))
    return b"\x1dP" + bytes((dpi, dpi))


def text_reset(codepage_slot: int) -> bytes:
    """Put the printer into a known state, with the code page of that slot."""
    # FS . ends the two-byte mode in which many clones wake: they would read Cyrillic as Chinese.
    return b"\x1b@\x1c.\x1bt" + bytes((codepage_slot,))


def feed(dots: int) -> bytes:
    """Move the paper on without printing. Needs `dot_units`."""
    whole, rest = divmod(dots, _MOST_FEED)
    return b"\x1bJ\xff" * whole + (b"\x1bJ" + bytes((rest,))) * bool(rest)


def cut(profile: PrinterProfile) -> bytes:
    """Bring the last printed row past the cutter and cut there, or past the bar."""
    # GS V 66 lets the printer feed by its own distance from head to knife.
    return b"\x1dV\x42\x00" if profile.cutter else b"\x1bd\x06"


def longest_command(width: int) -> int:
    """No command of a job is longer, in bytes, on a head of `width` dots: a whole band."""
    return 8 + BAND_ROWS * ((width + 7) // 8)

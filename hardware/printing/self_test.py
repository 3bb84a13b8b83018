"""The slip by which a technician sees that a printer prints all that slips need, drawn dot by dot."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hardware.paper.mistakes import PaperError
from hardware.printing.profiles import PrinterProfile

if TYPE_CHECKING:
    from PIL import Image

RUSSIAN = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
UKRAINIAN = "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя"
SIGNS = "0123456789 № « » ’ – ₴ ₽"


def job(profile: PrinterProfile, logo: Path | None = None) -> bytes:
    """The bytes of the slip, from reset to cut. A logo that can't be read is named instead of printed."""
    from hardware.printing.dots import drawn

    return drawn(picture(profile, logo), profile)


def picture(profile: PrinterProfile, logo: Path | None = None) -> Image.Image:
    """The slip as a picture: alphabets, QR code, ruler, head test and logo."""
    from hardware.paper.logo import load_logo
    from hardware.printing.dots import placed, qr_picture
    from hardware.printing.pictures import caption, head_test, ruler, stacked

    width = profile.width
    parts = [
        caption([f"Talon  {profile.name}", f"{width} dots, {profile.mode}, {profile.confirm}"], width),
        ruler(width, profile.dots_per_mm),
        caption([spaced(letters) for letters in (RUSSIAN, RUSSIAN.upper())], width),
        caption([spaced(letters) for letters in (UKRAINIAN, UKRAINIAN.upper())], width),
        caption([SIGNS], width),
        qr_picture(f"talon self-test {profile.name}", width),
        head_test(width),
    ]
    if logo is not None:
        try:
            parts.append(placed(load_logo(logo).ink(width, dither=True), width, centred=True))
        except PaperError as error:
            parts.append(caption([f"{logo.name}: {mistake.code}" for mistake in error.mistakes], width))
    return stacked(parts)


def spaced(letters: str) -> str:
    """Letters that stand apart, so that each can be judged."""
    return " ".join(letters)

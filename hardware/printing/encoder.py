"""A slip as ESC/POS bytes: drawn dot by dot, or set in the printer's own letters.

`python-escpos` makes the commands; it never touches a port. It is imported by the first slip (it takes longer to load
than the rest of the office together).

Contract about letters: a slip never carries a "?", nor another letter, for one it could not write. A slip that can't be
set in letters is drawn instead, which any printer can do, and the letters are logged once.
"""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import TYPE_CHECKING

from hardware.paper.slip import SlipContent, render
from hardware.printing.dots import drawn
from hardware.printing.letters import UnprintableTextError, in_letters
from hardware.printing.profiles import PrinterProfile

if TYPE_CHECKING:
    from hardware.paper.logo import Logo
    from hardware.paper.template import Template

__all__ = ["PrinterProfile", "encode"]

logger = logging.getLogger(__name__)


def encode(
    content: SlipContent, profile: PrinterProfile, template: Template | None = None, logo: Logo | None = None
) -> bytes:
    """All bytes of one slip, from reset to cut, for one printer. `template`: None is Talon's own.

    The confirmation is not in it: it belongs to the sending (`printer.py`). Raises ValueError when `qr` is too long
    for a code.
    """
    if profile.mode == "text":
        from hardware.paper.blocks import blocks

        try:
            return in_letters(blocks(content, template, logo=logo is not None), profile, logo)
        except UnprintableTextError as error:
            _tell_once(str(error))
    return drawn(render(content, profile.width, template, logo), profile)


@lru_cache(maxsize=64)
def _tell_once(trouble: str) -> None:
    logger.warning("slips are drawn instead of set in letters: %s", trouble)

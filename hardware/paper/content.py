"""What one slip says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SlipContent:
    """What one slip says, already translated and formatted.

    `number` has a no-break space between letter and digits. `rows` are label and value. The first
    of `notes` is set bold. `mark` (such as КОПИЯ) is printed inverted above and below. `qr` is the
    text of the code, `qr_note` stands beside it. Any field but `number` may be empty: what is empty
    takes no paper. `language` chooses among the fixed texts of a template.
    """

    office: str
    address: str
    heading: str
    number: str
    service: str
    rows: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    mark: str = ""
    footer: str = ""
    qr: str = ""
    qr_note: str = ""
    language: str = ""

"""What is printed, in order: the blocks of a template with what one slip says in each.

Drawn slips and slips in the printer's own letters are made from the same description. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hardware.paper.content import SlipContent
from hardware.paper.template import Block, Template, default_template
from hardware.paper.text import clean

_SILENT = ("rule", "space")
"""Blocks that say nothing by themselves."""


@dataclass(frozen=True, slots=True)
class Printed:
    """A block and what it says.

    `texts` is one text for most kinds, all notes for `notes`, the payload and its note for `code`; `rows` are label and
    value. A rule, a space and a logo have neither.
    """

    block: Block
    texts: tuple[str, ...] = ()
    rows: tuple[tuple[str, str], ...] = ()

    @property
    def kind(self) -> str:
        """The kind of the block."""
        return self.block.kind

    @property
    def text(self) -> str:
        """The text of a block that has one."""
        return self.texts[0]


def blocks(content: SlipContent, template: Template | None = None, *, logo: bool = False) -> tuple[Printed, ...]:
    """What a slip is printed of, from top to bottom. `template`: None is Talon's own; `logo`: there is a picture.

    What has nothing to say is left out, and so is a rule without anything above or below it, up to the next rule or
    mark. The number is always there.
    """
    said = [_printed(block, content, logo) for block in (template or default_template()).blocks]
    there = [printed for printed in said if printed is not None]
    kept: list[Printed] = []
    for number, printed in enumerate(there):
        if printed.kind != "rule" or (_says(kept[::-1]) and _says(there[number + 1 :])):
            kept.append(printed)
    return tuple(kept)


def _says(ahead: list[Printed]) -> bool:
    """Whether something is said before the next rule or mark."""
    for printed in ahead:
        if printed.kind in ("rule", "mark"):
            return False
        if printed.kind not in _SILENT:
            return True
    return False


def _printed(block: Block, content: SlipContent, logo: bool) -> Printed | None:
    """A block with its words; None where it has nothing to say."""
    if block.kind in _SILENT:
        return Printed(block)
    if block.kind == "logo":
        return Printed(block) if logo else None
    if block.kind == "rows":
        return Printed(block, rows=content.rows) if content.rows else None
    if block.kind == "notes":
        return Printed(block, content.notes) if any(map(_is_said, content.notes)) else None
    if block.kind == "code":
        return Printed(block, (content.qr, content.qr_note)) if content.qr else None
    text = _fixed(block.texts, content.language) if block.kind == "text" else str(getattr(content, block.kind))
    return Printed(block, (text,)) if _is_said(text) or block.kind == "number" else None


def _is_said(text: str) -> bool:
    return bool(clean(text).strip())


def _fixed(texts: Mapping[str, str], language: str) -> str:
    """A fixed text in the slip's language, or in the first one it has."""
    return texts.get(language) or next(iter(texts.values()), "")

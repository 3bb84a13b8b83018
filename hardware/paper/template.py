"""The template of a slip: which blocks it is printed of, in which order, and how each is set. Read strictly.

All mistakes are collected before anything is refused. The slip that Talon prints without a template of the office is
`default.toml`, which is read by the same rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from hardware.config.mistakes import ConfigMistake, HardwareConfigError, Place
from hardware.config.reader import values_of
from hardware.config.table import Table
from hardware.paper.letters import LARGE, SMALL
from hardware.paper.mistakes import PaperError, PaperMistake, block_place, of_table

SCHEMA = 1
SIZES = (SMALL, LARGE)
ALIGNS = ("left", "centre")
LANGUAGES = ("ru", "uk", "en")

LETTERS: Mapping[str, tuple[int, bool]] = {
    "office": (SMALL, False),
    "address": (SMALL, False),
    "heading": (LARGE, False),
    "service": (LARGE, True),
    "rows": (LARGE, True),
    "notes": (LARGE, True),
    "footer": (SMALL, False),
    "text": (SMALL, False),
}
"""Blocks that are set in letters: their usual size and whether they are bold."""

_AROUND = ("above", "below")
_SET = ("size", "bold", *_AROUND)

OPTIONS: Mapping[str, tuple[str, ...]] = {
    "mark": ("gap",),
    "logo": ("width", "align", "dither", *_AROUND),
    "office": (*_SET, "align"),
    "address": (*_SET, "align"),
    "rule": ("thickness", *_AROUND),
    "heading": (*_SET, "align"),
    "number": ("size", "align", *_AROUND),
    "service": (*_SET, "align"),
    "rows": _SET,
    "notes": (*_SET, "align"),
    "code": _AROUND,
    "footer": (*_SET, "align"),
    "text": (*LANGUAGES, *_SET, "align"),
    "space": ("height",),
}
"""What may be said of a block, by its kind."""

KINDS = tuple(OPTIONS)
REPEATED = ("mark", "rule", "text", "space")
"""Blocks that may stand more than once."""

MOST_BLOCKS = 40
MOST_LETTERS = 300
MOST_WHITE = 240
LEAST_NUMBER, MOST_NUMBER = 72, 200
LEAST_LOGO, MOST_LOGO = 40, 640

_DEFAULT = Path(__file__).parent / "default.toml"


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a slip, in dots where it isn't a word.

    `size` and `bold` are of its letters, of rows those of the values, of notes those of the first one. The `size` of
    the number is the largest it may have, 0 is as large as the paper allows. `above` and `below` is white that is
    there when the block is; of a mark only the side towards the rest counts. `thickness` is of a rule, `height` of a
    space, `width` of a logo (0: as it is, at most the paper's). `dither` draws a logo's greys as dots. `texts` are
    fixed, by language.
    """

    kind: str
    size: int = 0
    bold: bool = False
    align: Literal["left", "centre"] = "left"
    above: int = 0
    below: int = 0
    thickness: int = 0
    height: int = 0
    width: int = 0
    dither: bool = False
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Template:
    """A right template: it begins and ends with a mark, and shows the number once."""

    blocks: tuple[Block, ...]


def load_template(path: Path) -> Template:
    """Read a file. Raises PaperError with every mistake; a file that can't be opened is one too."""
    try:
        content = path.read_bytes()
    except OSError as error:
        facts = {"path": str(path), "detail": error.strerror or str(error)}
        raise PaperError([PaperMistake("file", "unreadable", facts)]) from error
    return parse_template(content)


def parse_template(content: bytes) -> Template:
    """Read the bytes of a file; see `load_template`."""
    try:
        values = values_of(content)
    except HardwareConfigError as error:
        raise PaperError([of_table(found) for found in error.mistakes]) from error
    mistakes: list[ConfigMistake] = []
    template = _read(Table(Place("file"), values, mistakes))
    if mistakes:
        raise PaperError([of_table(found) for found in mistakes])
    return template


def default_document() -> str:
    """The text of the template that is used without one of the office."""
    return _DEFAULT.read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def default_template() -> Template:
    """The template that is used without one of the office."""
    return load_template(_DEFAULT)


def _read(file: Table) -> Template:
    schema = file.get("schema", int)
    if file.right("schema") and schema != SCHEMA:
        file.wrong("schema-unsupported", "schema", found=schema, wanted=SCHEMA)
    entries = file.tables("block")
    if file.right("block") and not entries:
        file.wrong("missing-key", "block")
    if len(entries) > MOST_BLOCKS:
        file.wrong("too-many-blocks", "block", found=len(entries), limit=MOST_BLOCKS)
    tables = [_table(file, number, values) for number, values in enumerate(entries[:MOST_BLOCKS], 1)]
    blocks = tuple(map(_block, tables))
    if file.right("block") and blocks:
        _check_order(file, tables, blocks)
    file.refuse_unknown()
    return Template(blocks)


def _table(file: Table, number: int, values: Mapping[str, Any]) -> Table:
    kind = values.get("kind")
    place = block_place(number, kind if isinstance(kind, str) and kind in KINDS else "")
    return file.entry(place.kind, place.name, values)


def _block(table: Table) -> Block:
    """A block; its kind is empty where the file has none that exists, and then nothing else of it is judged."""
    kind = table.choice("kind", KINDS)
    if not table.right("kind"):
        return Block("")
    options = OPTIONS[kind]
    of_others = {option for other in OPTIONS.values() for option in other} - set(options)
    for key in table.values:
        if key in of_others:
            table.allow(key)
            table.wrong("not-for-kind", key, kind=kind, allowed=", ".join(options))
    block = _set_block(table, kind, options)
    table.refuse_unknown()
    return block


def _set_block(table: Table, kind: str, options: tuple[str, ...]) -> Block:
    size, bold = LETTERS.get(kind, (0, False))
    white = table.integer("gap", 0, MOST_WHITE, 12) if "gap" in options else 0
    return Block(
        kind,
        size=_size(table, kind, size) if "size" in options else 0,
        bold=table.flag("bold", bold) if "bold" in options else False,
        align=table.choice("align", ALIGNS, "centre" if kind == "logo" else "left") if "align" in options else "left",
        above=table.integer("above", 0, MOST_WHITE, 0) if "above" in options else white,
        below=table.integer("below", 0, MOST_WHITE, 0) if "below" in options else white,
        thickness=table.integer("thickness", 1, 8, 2) if "thickness" in options else 0,
        height=table.integer("height", 1, MOST_WHITE) if "height" in options else 0,
        width=_if_given(table, "width", LEAST_LOGO, MOST_LOGO) if "width" in options else 0,
        dither=table.flag("dither", False) if "dither" in options else False,
        texts=_texts(table) if kind == "text" else {},
    )


def _size(table: Table, kind: str, usual: int) -> int:
    if kind == "number":
        return _if_given(table, "size", LEAST_NUMBER, MOST_NUMBER)
    return int(table.choice("size", SIZES, usual))


def _if_given(table: Table, key: str, low: int, high: int) -> int:
    """A whole number from `low` to `high`, 0 without the key."""
    table.allow(key)
    return table.integer(key, low, high) if table.has(key) else 0


def _texts(table: Table) -> Mapping[str, str]:
    given = {language: table.text(language, MOST_LETTERS, "") for language in LANGUAGES}
    texts = {language: text for language, text in given.items() if text.strip()}
    if not texts and table.right(*LANGUAGES):
        table.wrong("text-missing")
    return texts


def _check_order(file: Table, tables: list[Table], blocks: tuple[Block, ...]) -> None:
    kinds = [block.kind for block in blocks]
    if kinds[0] not in ("mark", ""):
        tables[0].wrong("mark-not-first")
    if kinds[-1] not in ("mark", "") or kinds == ["mark"]:
        tables[-1].wrong("mark-not-last")
    first: dict[str, int] = {}
    for number, (table, kind) in enumerate(zip(tables, kinds, strict=True), 1):
        if kind == "mark" and 1 < number < len(kinds):
            table.wrong("mark-inside")
        before = first.setdefault(kind, number)
        if kind and kind not in REPEATED and before != number:
            table.wrong("block-twice", by=before, kind=kind)
    if "number" not in kinds and "" not in kinds:
        file.wrong("number-missing")

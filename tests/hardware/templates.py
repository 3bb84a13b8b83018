"""Templates of slips for tests: one that an office might write, and any that is right."""

from __future__ import annotations

from hypothesis import strategies as st
from PIL import Image, ImageDraw

from hardware.paper.logo import Logo
from hardware.paper.template import Template, parse_template

OFFICE = """\
schema = 1

[[block]]
kind = "mark"
gap = 16

[[block]]
kind = "logo"
align = "centre"
below = 14

[[block]]
kind = "number"
align = "centre"
size = 120
below = 18

[[block]]
kind = "service"
align = "centre"
size = 28
bold = true

[[block]]
kind = "rule"
thickness = 4
above = 8
below = 8

[[block]]
kind = "notes"

[[block]]
kind = "space"
height = 16

[[block]]
kind = "rows"
size = 24
bold = false

[[block]]
kind = "text"
ru = "Справки и бланки на столе у входа. Сохраните талон до конца приёма."
uk = "Довідки та бланки на столі біля входу. Збережіть талон до кінця прийому."
above = 10

[[block]]
kind = "rule"
above = 10
below = 10

[[block]]
kind = "office"
align = "centre"

[[block]]
kind = "address"
align = "centre"

[[block]]
kind = "mark"
gap = 16
"""
"""The number first, a text of its own, the office at the foot."""

NUMBER_ALONE = """\
schema = 1
[[block]]
kind = "mark"
[[block]]
kind = "number"
[[block]]
kind = "mark"
"""

LETTERS = st.text("абвгґдеєїжі ЩЮАBCq0179№«»’-/.,", min_size=1, max_size=60).filter(str.strip)
WHITE = st.integers(0, 240)
_ALIGNED = {"align": st.sampled_from(["left", "centre"])}
_SPACED = {"above": WHITE, "below": WHITE}
_LETTERED = {"size": st.sampled_from([24, 28]), "bold": st.booleans(), **_SPACED}

OPTIONS = {
    "logo": {"width": st.integers(40, 640), "dither": st.booleans(), **_ALIGNED, **_SPACED},
    **{kind: {**_LETTERED, **_ALIGNED} for kind in ("office", "address", "heading", "service", "notes", "footer")},
    "rows": _LETTERED,
    "rule": {"thickness": st.integers(1, 8), **_SPACED},
    "code": _SPACED,
    "space": {"height": st.integers(1, 240)},
    "text": {"ru": LETTERS, "uk": LETTERS, "en": LETTERS, **_LETTERED, **_ALIGNED},
}
"""Every block but mark and number, with what may be said of it."""

NEEDED = {"space": ("height",), "text": ("ru",)}
REPEATED = ("rule", "text", "space")


def toml(value: object) -> str:
    """A value as a file has it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def document(blocks: list[dict[str, object]]) -> str:
    """A template as an office writes it."""
    lines = ["schema = 1"]
    for block in blocks:
        lines += ["[[block]]", *(f"{key} = {toml(value)}" for key, value in block.items())]
    return "\n".join(lines) + "\n"


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Any right template."""
    once = draw(st.lists(st.sampled_from([kind for kind in OPTIONS if kind not in REPEATED]), unique=True))
    often = draw(st.lists(st.sampled_from(REPEATED), max_size=8))
    middle = [draw(_block(kind)) for kind in draw(st.permutations([*once, *often]))]
    number: dict[str, object] = {"kind": "number"}
    number |= draw(st.fixed_dictionaries({}, optional={"size": st.integers(72, 200), **_ALIGNED, **_SPACED}))
    middle.insert(draw(st.integers(0, len(middle))), number)
    marks = [{"kind": "mark", **draw(st.fixed_dictionaries({}, optional={"gap": WHITE}))} for _ in range(2)]
    return document([marks[0], *middle, marks[1]])


@st.composite
def _block(draw: st.DrawFn, kind: str) -> dict[str, object]:
    needed = {key: OPTIONS[kind][key] for key in NEEDED.get(kind, ())}
    optional = {key: value for key, value in OPTIONS[kind].items() if key not in needed}
    return {"kind": kind, **draw(st.fixed_dictionaries(needed, optional=optional))}


def templates() -> st.SearchStrategy[Template]:
    """Any right template, read."""
    return documents().map(lambda text: parse_template(text.encode()))


def emblem(width: int = 200, height: int = 96) -> Image.Image:
    """A picture in greys such as an office has: a ring, a bar, a grey field."""
    picture = Image.new("L", (width, height), 255)
    pen = ImageDraw.Draw(picture)
    pen.ellipse((2, 2, height - 3, height - 3), outline=0, width=8)
    pen.rectangle((height + 8, height // 3, width - 3, height // 2), fill=0)
    pen.rectangle((height + 8, height // 2 + 8, width - 3, height - 8), fill=150)
    return picture


def logo(width: int = 200, height: int = 96) -> Logo:
    """The emblem as a logo."""
    return Logo(emblem(width, height))

"""Draws a sheet as one HTML page that needs nothing else: printed from any browser, or saved and sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from importlib.resources import files
from itertools import count, groupby
from typing import Any, Literal, get_args

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from hardware.config.model import SIMULATED, HardwareConfig
from hardware.header import CONTACTS, GROUNDS
from hardware.sheets.commissioning import commissioning
from hardware.sheets.labels import labels
from hardware.sheets.parts import parts
from hardware.sheets.sentences import SENTENCES
from hardware.sheets.wiring import Wire, wiring

Kind = Literal["wiring", "parts", "labels", "commissioning"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Say = Callable[..., str]

STYLE = """
@page { size: A4; margin: 14mm 12mm 16mm; @bottom-right { content: counter(page) "/" counter(pages); font-size: 9pt } }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 8mm; max-width: 210mm; background: #fff; color: #000;
  font: 10.5pt/1.35 "Golos Text", "DejaVu Sans", Arial, sans-serif }
h1 { margin: 0 0 2mm; font-size: 20pt; line-height: 1.1 }
h2 { margin: 5mm 0 1.5mm; font-size: 13pt; break-after: avoid }
h2 + p, h2 + .notes { break-after: avoid; break-inside: avoid }
p, ul { margin: 0 0 2mm }
ul { padding-left: 5mm }
.office { font-weight: 700; overflow-wrap: anywhere }
.filled { display: flex; gap: 8mm; margin-top: 4mm }
.filled span { flex: 1; border-bottom: 0.3mm solid #000; padding-top: 4mm }
.warning { border: 0.6mm solid #000; padding: 2mm 3mm; font-weight: 700 }
table { width: calc(100% - 0.6mm); margin: 0 0.3mm; border-collapse: collapse; font-variant-numeric: tabular-nums }
thead { display: table-header-group }
tr { break-inside: avoid }
th, td { border: 0.25mm solid #000; padding: 1mm 1.5mm; text-align: left; vertical-align: top;
  overflow-wrap: break-word }
th { font-size: 9pt; font-weight: 600; background: #eee; -webkit-print-color-adjust: exact; print-color-adjust: exact }
.number, .tick { white-space: nowrap; text-align: center; width: 1% }
.short { white-space: nowrap; width: 1% }
.write { width: 18% }
.sign { width: 24% }
.count { width: 14%; text-align: center; font-weight: 700 }
.tall td { height: 12mm }
.box { display: inline-block; width: 4mm; height: 4mm; border: 0.4mm solid #000; vertical-align: middle }
.end { font-weight: 700 }
.grid { display: grid; gap: 0; list-style: none; padding: 0 0.4mm 0 0; margin: 0 }
.grid > li { border: 0.2mm dashed #000; margin: 0 -0.2mm -0.2mm 0; padding: 2mm; break-inside: avoid;
  overflow-wrap: anywhere }
.panels { grid-template-columns: 1fr }
.caps { grid-template-columns: repeat(3, 1fr) }
.ends { grid-template-columns: repeat(4, 1fr); font-size: 8.5pt; line-height: 1.25 }
.panel { display: grid; grid-template-columns: 1.1fr repeat(3, 1fr); gap: 3mm; align-items: center }
.panel b, .caps b { font-size: 15pt; line-height: 1.15 }
.key { border: 0.4mm solid #000; border-radius: 1mm; padding: 3mm 1mm; text-align: center; font-weight: 700 }
.caps > li { min-height: 18mm }
.small { display: block; font-size: 9pt }
.whole { break-inside: avoid }
.wire { font-size: 12pt; font-weight: 700 }
@media print { body { padding: 0; max-width: none } }
"""
"""The styles of every sheet: what stands between `<style>` and `</style>`, to the letter."""

NOTES = ("closed", "opto", "driver", "board-pull-up", "resistor")
"""Notes of a wire in the order in which they are told."""


def render_sheet(kind: Kind, config: HardwareConfig, translate: Callable[[str], str], language: str, title: str) -> str:
    """A sheet as a whole HTML page without scripts, pictures or anything from elsewhere.

    `translate` gives the reader's words for an English sentence of `SENTENCES`; `language` is the BCP 47 tag of these
    words; `title` says which office it is. A KeyError for an unknown kind.
    """
    values = _VALUES[kind](config)

    def say(code: str, **facts: object) -> str:
        return translate(SENTENCES[code]).format_map(facts)

    def ranges(desks: Iterable[int] | str) -> str:
        return _desks(say, desks)

    def point(wire: Wire) -> str:
        return _point(say, wire)

    page: str = (
        _environment()
        .get_template(f"{kind}.html")
        .render(
            **values,
            kind=kind,
            say=say,
            point=point,
            ranges=ranges,
            contacts=CONTACTS,
            language=language,
            title=title,
            style=Markup(STYLE),
            simulated=config.mode == SIMULATED,
        )
    )
    return page


def _wiring(config: HardwareConfig) -> dict[str, Any]:
    sheet = wiring(config)
    return {
        "sheet": sheet,
        "before": _before(config),
        "grounds": ", ".join(map(str, GROUNDS)),
        "notes": NOTES,
    }


def _before(config: HardwareConfig) -> list[str]:
    """Codes of what is told before anything is connected: only what this office needs."""
    sheet = wiring(config)
    noted = {note for wire in sheet.wires for note in wire.notes}
    header = sheet.has_header or bool(sheet.strips)
    told = {
        "off": bool(sheet.wires or sheet.chains or sheet.strips),
        "5v": header,
        "ground": any(wire.contact and not wire.output for wire in sheet.wires),
        "pull-up": any(wire.contact and not wire.output for wire in sheet.wires),
        "opto": "opto" in noted,
        "closed": "closed" in noted,
        "driver": "driver" in noted,
        "outputs": any(wire.output and not wire.contact for wire in sheet.wires),
        "keypad": any(block.kind == "keypad" for block in sheet.blocks),
    }
    return [f"before-{code}" for code, needed in told.items() if needed]


def _parts(config: HardwareConfig) -> dict[str, Any]:
    numbers = count(1)
    return {"groups": [(group, [(next(numbers), part) for part in rows]) for group, rows in parts(config)]}


def _labels(config: HardwareConfig) -> dict[str, Any]:
    return {"sheet": labels(config)}


def _commissioning(config: HardwareConfig) -> dict[str, Any]:
    return {"record": commissioning(config), "signs": ("sign-built", "sign-taught", "sign-accepted")}


_VALUES: dict[Kind, Callable[[HardwareConfig], dict[str, Any]]] = {
    "wiring": _wiring,
    "parts": _parts,
    "labels": _labels,
    "commissioning": _commissioning,
}


def _point(say: Say, wire: Wire) -> str:
    """Where a wire ends, in one phrase."""
    place = wire.point
    if wire.contact is not None:
        return say("point-header", line=place.line, contact=wire.contact)
    if place.module is None:
        return say("point-keypad", bus=place.bus, line=place.line)
    code = "point-output" if wire.output else "point-input"
    return say(code, bus=place.bus, module=place.module, line=place.line)


def _desks(say: Say, desks: Iterable[int] | str) -> str:
    """`Desks 1–3, 7`; desks may come as the text `1,2,3,7`."""
    numbers = sorted(int(one) for one in (desks.split(",") if isinstance(desks, str) else desks) if one != "")
    if not numbers:
        return say("no-desks")
    if len(numbers) == 1:
        return say("desk", desk=numbers[0])
    runs = []
    for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        members = [number for _, number in run]
        joint = "–" if len(members) > 2 else ", "
        runs.append(str(members[0]) if len(members) == 1 else f"{members[0]}{joint}{members[-1]}")
    return say("desks", desks=", ".join(runs))


@lru_cache(maxsize=1)
def _environment() -> Environment:
    folder = files("hardware.sheets")
    return Environment(
        loader=FunctionLoader(lambda name: folder.joinpath(name).read_text(encoding="utf-8")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )

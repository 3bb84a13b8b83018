"""What is said about hardware.toml: its mistakes, and what a right one holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from appliance.words import Facts, translations
from hardware.config.mistakes import NEAREST, SENTENCES, THINGS, ConfigMistake, Place
from hardware.config.model import (
    BoardConfig,
    DigitsBoardConfig,
    HardwareConfig,
    MatrixBoardConfig,
    ModbusBusConfig,
    PrinterConfig,
)
from hardware.modbus.cycle import cycle_s, limit_s

CONTEXT = "hardware"
"""Words of the file are short: elsewhere the same English word is another thing."""

SUMMARY: Mapping[str, str] = {
    "right": "hardware.toml is right.",
    "real": "Mode: real.",
    "simulated": "Mode: simulated.",
    "keys": "Keys: {keys}, desks: {desks}, ticket buttons: {tickets}.",
    "power": "A contact tells that the power fails.",
    "bells": "Bells: {names}.",
    "no-bells": "Bells: none.",
    "modbus": (
        "Bus {name}: Modbus RTU at {port}, {baud} baud, modules: {modules}; all keys are read in {cycle} ms of at most "
        "{limit}."
    ),
    "modbus-displays": (
        "Bus {name}: Modbus RTU at {port}, {baud} baud, modules: {modules}, displays: {displays}; all keys are read in "
        "{cycle} ms, with one number written in {longest} ms of at most {limit}."
    ),
    "keypad": "Bus {name}: USB keypad at {port}.",
    "printer": "Printer: {port}, paper of {width} mm, drawn dot by dot; tells the end of a slip by: {confirm}.",
    "printer-text": (
        "Printer: {port}, paper of {width} mm, its own letters {codepage}/{slot}; "
        "tells the end of a slip by: {confirm}."
    ),
    "no-printer": "Printer: none.",
    "boards": "Boards: {names}.",
    "no-boards": "Boards: none.",
    "board-web": "{name} (browser)",
    "board-digits": "digits (desks: {desks})",
    "board-line": "{name} (line of dots)",
    "sound-none": "Sound: none.",
    "sound-simulated": "Sound: simulated.",
    "sound-clips": "Sound: clips at {device}.",
}
"""What `talon hardware check` tells of a right file."""


def mistake(found: ConfigMistake, language: str) -> str:
    """One mistake as a sentence: where, what, what to do, and the nearest right word."""
    catalogue = translations(language)
    facts = dict(found.facts)
    for name in ("wanted", "found"):
        if facts.get(name) in THINGS:
            facts[name] = catalogue.pgettext(CONTEXT, THINGS[facts[name]])
    if "by_kind" in facts:
        facts["by"] = place(Place(facts["by_kind"], facts["by_name"]), language)
    said = catalogue.gettext(SENTENCES[found.code]).format_map(Facts(facts))
    hint = " " + catalogue.gettext(NEAREST).format(nearest=found.nearest) if found.nearest else ""
    return f"{place(found.place, language)}: {said}{hint}"


def place(where: Place, language: str) -> str:
    """A place of the file by its name."""
    return translations(language).pgettext(CONTEXT, where.sentence).format_map(where.facts)


def summary(config: HardwareConfig, language: str) -> list[str]:
    """What a right file holds, a line for each thing."""
    tickets = sum(button.role == "kiosk.ticket" for button in config.buttons)
    bells = ", ".join(bell.name for bell in config.bells)
    keys = len(config.wired_keys())
    lines = [
        f"{_said('right', language)} {_said(config.mode, language)}",
        _said("keys", language, keys=keys, desks=len(config.panels), tickets=tickets),
        *([_said("power", language)] if tickets < len(config.buttons) else []),
        *(_bus(bus, config, language) for bus in config.buses),
        *(_said("keypad", language, name=keypad.name, port=keypad.port) for keypad in config.keypads),
        _said("bells", language, names=bells) if bells else _said("no-bells", language),
        _printer(config.printer, language),
    ]
    boards = ", ".join(_boards(config.boards, language))
    lines.append(_said("boards", language, names=boards) if boards else _said("no-boards", language))
    lines.append(_said(f"sound-{config.sound.kind}", language, device=config.sound.device))
    return lines


def _said(code: str, language: str, **facts: object) -> str:
    return translations(language).gettext(SUMMARY[code]).format_map(Facts(facts))


def _bus(bus: ModbusBusConfig, config: HardwareConfig, language: str) -> str:
    displays = [one for one in config.boards if isinstance(one, DigitsBoardConfig) and one.bus == bus.name]
    return _said(
        "modbus-displays" if displays else "modbus",
        language,
        name=bus.name,
        port=bus.port,
        baud=bus.baud,
        modules=len(bus.modules),
        displays=len(displays),
        cycle=f"{cycle_s(bus) * 1000:.0f}",
        longest=f"{cycle_s(bus, displays) * 1000:.0f}",
        limit=f"{limit_s(bus) * 1000:.0f}",
    )


def _printer(printer: PrinterConfig | None, language: str) -> str:
    if printer is None:
        return _said("no-printer", language)
    return _said(
        "printer-text" if printer.mode == "text" else "printer",
        language,
        port=printer.port,
        width=printer.width_mm,
        confirm=printer.confirm,
        codepage=printer.codepage,
        slot=printer.slot,
    )


def _boards(boards: Sequence[BoardConfig], language: str) -> list[str]:
    """The boards by name, the digits over the desks together."""
    lines, desks = [], []
    for board in boards:
        if isinstance(board, DigitsBoardConfig):
            desks.append(board.desk)
            continue
        kind = "board-line" if isinstance(board, MatrixBoardConfig) else "board-web"
        lines.append(_said(kind, language, name=board.name))
    if desks:
        lines.append(_said("board-digits", language, desks=", ".join(map(str, sorted(desks)))))
    return lines

"""What has to be bought for an office, counted from its file. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from hardware.config.model import GPIO, DigitsBoardConfig, HardwareConfig, MatrixBoardConfig, WebBoardConfig
from hardware.sheets.wiring import Wire, wiring


@dataclass(frozen=True, slots=True)
class Part:
    """Some pieces of one kind; `facts` fill its sentence `part-<code>`.

    `count` is None where the file can't tell it: metres of cable, rolls of paper.
    """

    code: str
    count: int | None
    facts: Mapping[str, str] = field(default_factory=dict)


Group = tuple[str, tuple[Part, ...]]
"""The code of a group, as in `group-<code>`, and what is in it."""


def parts(config: HardwareConfig) -> tuple[Group, ...]:
    """The parts list in the order of its groups; nothing of which an office needs none."""
    keypads = {keypad.name for keypad in config.keypads}
    wires = tuple(wire for wire in wiring(config).wires if wire.point.bus not in keypads)
    groups = {
        "box": _box(config),
        "panels": _panels(config, wires),
        "bells": _bells(wires),
        "bus": _bus(config),
        "paper": _paper(config),
        "boards": _boards(config),
        "small": _small(config, wires),
        "cables": _cables(config, wires),
    }
    found = ((group, tuple(part for part in rows if part.count != 0)) for group, rows in groups.items())
    return tuple((group, rows) for group, rows in found if rows)


def _count(wires: tuple[Wire, ...], *devices: str) -> int:
    return sum(wire.device in devices for wire in wires)


def _box(config: HardwareConfig) -> Iterator[Part]:
    for code in ("pi", "supply", "card", "clock"):
        yield Part(code, 1)
    yield Part("battery", sum(button.role == "power.fail" for button in config.buttons))


def _panels(config: HardwareConfig, wires: tuple[Wire, ...]) -> Iterator[Part]:
    yield Part("key", _count(wires, "key"))
    yield Part("lamp", _count(wires, "lamp"))
    yield Part("ticket-key", _count(wires, "ticket"))
    yield Part("keypad", len(config.keypads))


def _bells(wires: tuple[Wire, ...]) -> Iterator[Part]:
    presses = [wire for wire in wires if wire.device == "bell-press"]
    yield Part("bell-key-closed", sum(wire.closed for wire in presses))
    yield Part("bell-key-open", sum(not wire.closed for wire in presses))
    yield Part("bell-lamp", _count(wires, "bell-heard", "bell-coming"))
    yield Part("buzzer", _count(wires, "bell-buzzer"))
    yield Part("answer-key", _count(wires, "bell-answer"))
    yield Part("latch", _count(wires, "bell-reset"))


def _bus(config: HardwareConfig) -> Iterator[Part]:
    yield Part("rs485", len(config.buses))
    modules = Counter((one.latch is not None, one.inputs, one.outputs) for bus in config.buses for one in bus.modules)
    for (latched, inputs, outputs), count in sorted(modules.items()):
        facts = {"inputs": str(inputs), "outputs": str(outputs)}
        yield Part("module-latch" if latched else "module", count, facts)
    yield Part("terminator", 2 * len(config.buses))


def _paper(config: HardwareConfig) -> Iterator[Part]:
    printer = config.printer
    if printer is None:
        return
    width = {"width": str(printer.width_mm)}
    if printer.profile:
        yield Part("printer", 1, {**width, "profile": printer.profile})
    else:
        yield Part("printer-any", 1, width)
    yield Part("network-cable", int(printer.port.startswith("tcp:")))
    yield Part("roll", None, width)


def _boards(config: HardwareConfig) -> Iterator[Part]:
    yield Part("screen", sum(isinstance(board, WebBoardConfig) for board in config.boards))
    displays = Counter(board.digits for board in config.boards if isinstance(board, DigitsBoardConfig))
    for digits, count in sorted(displays.items()):
        yield Part("digits", count, {"digits": str(digits)})
    strips = [board for board in config.boards if isinstance(board, MatrixBoardConfig)]
    yield Part("dots", sum(board.modules for board in strips))
    yield Part("level-shifter", len(strips))
    yield Part("dots-supply", len(strips))
    yield Part("loudspeaker", int(config.sound.kind != "none"))


def _small(config: HardwareConfig, wires: tuple[Wire, ...]) -> Iterator[Part]:
    noted = Counter(note for wire in wires for note in wire.notes)
    for code in ("opto", "driver", "resistor"):
        yield Part(code, noted[code])
    if any(wire.point.bus == GPIO and not wire.output and "opto" not in wire.notes for wire in wires):
        yield Part("pull-up", None)
    yield Part("field-supply", int(bool(config.buses or noted["opto"])))


def _cables(config: HardwareConfig, wires: tuple[Wire, ...]) -> Iterator[Part]:
    """Metres are measured on the spot."""
    needed = {
        "key-cable": _count(wires, "key", "lamp", "ticket", "power", "bell-answer", "bell-buzzer") > 0,
        "bell-cable": _count(wires, "bell-press", "bell-heard", "bell-coming") > 0,
        "bus-cable": bool(config.buses),
        "speaker-cable": config.sound.kind != "none",
    }
    for code, wanted in needed.items():
        if wanted:
            yield Part(code, None)

"""The whole examination: the box, the states of its devices, and the time that its buses need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from hardware.config import HardwareConfig, ModbusBusConfig
from hardware.doctor.box import Box
from hardware.doctor.finding import Finding, Verdict, of_state
from hardware.modbus.cycle import cycle_s, limit_s
from hardware.ports import Condition, DeviceState


@dataclass(frozen=True, slots=True)
class Part:
    """A device as lists name it. `kind`: printer, buttons, bus, module, display, board, voice, bell or power."""

    name: str
    kind: str
    state: DeviceState


@dataclass(frozen=True, slots=True)
class PinFactory:
    """Which of gpiozero's pin factories is in force, and why not the first choice (empty when it is)."""

    name: str
    trouble: str = ""


def examine(
    config: HardwareConfig,
    parts: Iterable[Part],
    factory: PinFactory | None,
    measured_ms: Mapping[str, float],
    box: Box,
) -> list[Finding]:
    """Everything that can be found without paper, light or noise; `measured_ms` is the poll cycle by bus."""
    found = box.examine(config)
    if factory is not None and factory.name:
        found.append(_pins(factory))
    found += [_cycle(config, bus, measured_ms.get(bus.name)) for bus in config.buses]
    found += _parts(config, parts)
    return found


def _pins(factory: PinFactory) -> Finding:
    facts = {"factory": factory.name, "trouble": factory.trouble}
    if factory.trouble:
        return Finding("pins", Verdict.WARNING, reason="pins-by-fallback", hint="install-gpiod", facts=facts)
    return Finding("pins", Verdict.WELL, reason="pins-by", facts=facts)


def _cycle(config: HardwareConfig, bus: ModbusBusConfig, measured: float | None) -> Finding:
    """Whether every key of a bus is looked at often enough; the reader of hardware.toml holds the computed time."""
    computed, allowed = cycle_s(bus, config.digits_on(bus.name)) * 1000, limit_s(bus) * 1000
    facts = {"bus": bus.name, "computed": f"{computed:.0f}", "allowed": f"{allowed:.0f}"}
    if measured is None:
        return Finding("cycle", Verdict.WELL, bus.name, "cycle-computed", facts=facts)
    facts["measured"] = f"{measured:.0f}"
    if measured > allowed:
        return Finding("cycle", Verdict.WARNING, bus.name, "cycle-slow", "check-bus-wiring", facts)
    return Finding("cycle", Verdict.WELL, bus.name, "cycle-measured", facts=facts)


def _parts(config: HardwareConfig, parts: Iterable[Part]) -> Iterable[Finding]:
    """One finding for each device; keys that are well are told together, the others with where they are wired."""
    points = {key.control: str(key.point) for key in config.wired_keys()}
    well_keys = 0
    for part in parts:
        if part.kind == "buttons" and part.state.condition is Condition.READY and not part.state.warning:
            well_keys += 1
            continue
        found = of_state(part.kind, "" if part.name == part.kind else part.name, part.state)
        if part.name in points:
            found = replace(found, facts={**found.facts, "point": points[part.name]})
        yield found
    if well_keys:
        yield Finding("buttons", Verdict.WELL, reason="keys-well", facts={"count": str(well_keys)})

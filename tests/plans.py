"""Small plans for tests: a sketch in plain values, from which the real document and the real plan are made."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from appliance.domain.plan import Plan
from appliance.domain.plans.reader import read_plan

SETTINGS: Mapping[str, int | str] = {
    "next_when_called": "recall",
    "start_after_s": 60,
    "missed_after_s": 0,
    "unheard_after_s": 60,
    "undo_s": 10,
    "park_min": 10,
    "slip_deadline_s": 300,
    "grace_min": 30,
    "wait_norm_min": 15,
}


@dataclass(frozen=True)
class Sketch:
    """What a test says of an office. `services` maps an id to its series; an empty tuple at a desk means all of them.

    `opens` and `closes` are minutes of the day; `settings` are those that differ from `SETTINGS`.
    """

    version: int = 1
    services: Mapping[str, str] = field(default_factory=lambda: {"consult": "А", "submit": "Б"})
    desks: Mapping[int, tuple[str, ...]] = field(default_factory=lambda: {1: (), 2: (), 3: ("submit",)})
    transfer_to: Mapping[int, str] = field(default_factory=lambda: {1: "submit"})
    opens: int = 8 * 60
    closes: int = 20 * 60
    settings: Mapping[str, int | str] = field(default_factory=dict)

    def setting(self, name: str) -> int | str:
        """The value in force."""
        return self.settings.get(name, SETTINGS[name])

    def seconds(self, name: str) -> int:
        """A setting that is a number."""
        value = self.setting(name)
        assert isinstance(value, int)
        return value

    def serves(self, desk: int, service: str) -> bool:
        """Whether the desk is there and may serve the service."""
        return desk in self.desks and (not self.desks[desk] or service in self.desks[desk])

    @cached_property
    def document(self) -> str:
        """The plan as a technician would write it."""
        lines = [
            "schema = 1",
            f"version = {self.version}",
            'office = "office-17"',
            'timezone = "Europe/Moscow"',
            "[name]",
            'ru = "Отделение 17"',
            "[hours]",
            f'opens = "{_time(self.opens)}"',
            f'closes = "{_time(self.closes)}"',
            "[settings]",
            *(f"{name} = {_toml(self.setting(name))}" for name in SETTINGS),
            "[[organisation]]",
            'id = "city"',
            'name = { ru = "Город" }',
        ]
        for service, series in self.services.items():
            lines += [
                "[[service]]",
                f'id = "{service}"',
                f'series = "{series}"',
                f'name = {{ ru = "Услуга {service}" }}',
            ]
        for desk, served in self.desks.items():
            lines += ["[[desk]]", f"number = {desk}", f"services = {_toml(list(served))}"]
            if desk in self.transfer_to:
                lines.append(f'transfer_to = "{self.transfer_to[desk]}"')
        return "\n".join(lines) + "\n"

    @cached_property
    def digest(self) -> str:
        """sha256 of the document."""
        return hashlib.sha256(self.document.encode()).hexdigest()

    @cached_property
    def plan(self) -> Plan:
        """The plan as the reader makes it."""
        return read_plan(self.document)


def hall_of(desks: int, *, series: str = "А", **settings: int | str) -> Sketch:
    """An office where every one of `desks` desks serves everything, one service for each letter of `series`."""
    return Sketch(
        services={f"service-{number}": letter for number, letter in enumerate(series, start=1)},
        desks=dict.fromkeys(range(1, desks + 1), ()),
        transfer_to={},
        settings=settings,
    )


def _time(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _toml(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return str(value) if isinstance(value, int) else f'"{value}"'

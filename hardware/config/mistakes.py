"""What can be wrong in `hardware.toml`, as codes and facts, with the English sentence of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_SENTENCES = {
    "unreadable": "the file {path} cannot be read: {detail}",
    "not-utf8": "the file is not UTF-8 text (byte {byte})",
    "syntax": "line {line}: not TOML: {detail}",
    "schema-unsupported": "schema {found} is not supported, this version reads schema {wanted}",
    "unknown-key": "unknown key {key!r}",
    "missing-key": "{key!r} is missing",
    "wrong-type": "{key!r} must be of type {wanted}, not {found}",
    "not-a-list": "[{key}] must be written [[{key}]], once for each",
    "out-of-range": "{key!r} is {value}, it must be from {low} to {high}",
    "unknown-word": "{key!r} is {value!r}, it must be one of {allowed}",
    "unknown-role": "unknown role {value!r}, it must be one of {allowed}",
    "bad-name": "{key!r} is {value!r}: up to 32 letters, digits, '-' or '_'",
    "pin-not-bcm": "{key!r} is pin {pin}, the Pi has BCM pins 2 to {last}",
    "pin-eeprom": "{key!r} is pin {pin}, which belongs to the HAT's EEPROM",
    "pin-taken": "pin {pin} is already used by {by}; change {key!r}",
    "desk-twice": "desk {desk} already has a panel",
    "service-twice": "service {service} already has a button",
    "simulated-in-real": '{key!r} is "simulated", but mode is "real"',
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the file: `kind` is file, table, button or panel; `name` e.g.

    `printer`, `kiosk.ticket A`, `3`.

    A button or panel that has no usable name is named by its position: `#2`.
    """

    kind: str
    name: str = ""

    def __str__(self) -> str:
        if self.kind == "file":
            return "hardware.toml"
        if self.kind == "table":
            return f"[{self.name}]"
        if self.kind == "panel" and not self.name.startswith("#"):
            return f"panel for desk {self.name}"
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class ConfigMistake:
    """One mistake: a code of `_SENTENCES`, the facts for its sentence, and the nearest right word
    if there is one.
    """

    place: Place
    code: str
    facts: Mapping[str, str] = field(default_factory=dict)
    nearest: str = ""

    def __str__(self) -> str:
        hint = f" (did you mean {self.nearest!r}?)" if self.nearest else ""
        return f"{self.place}: {_SENTENCES[self.code].format(**self.facts)}{hint}"


class HardwareConfigError(ValueError):
    """The file is refused; `mistakes` holds all that was found, `str` one English line for each."""

    def __init__(self, mistakes: Sequence[ConfigMistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(map(str, self.mistakes)))

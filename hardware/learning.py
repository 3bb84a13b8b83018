"""Learn mode: a desk is named, each of its keys is pressed once, and its panel stands in `hardware.toml`.

Pure but for `save`: points come in, the text of the file goes out. The rest of the file keeps its order and comments.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hardware.config import GPIO, KEYS, HardwareConfig, Point, parse


@dataclass(frozen=True, slots=True)
class Taken:
    """The key that was pressed belongs to somebody already: `control` as hardware.toml names it."""

    point: Point
    control: str


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The key hangs on another bus or module than the desk's first one: a panel lies on one."""

    point: Point
    first: Point


@dataclass(frozen=True, slots=True)
class Lesson:
    """What has been learnt of one desk so far. `wanted` is the key to press now; None when all have been."""

    desk: int
    keys: Mapping[str, Point] = field(default_factory=dict)

    @property
    def wanted(self) -> str | None:
        """The next key that has not been pressed yet."""
        return next((key for key in KEYS if key not in self.keys), None)

    def press(self, point: Point, config: HardwareConfig) -> Lesson | Taken | Elsewhere:
        """The lesson after a key was pressed, or who has that key already.

        The keys that the desk has in the file may be pressed again: it is learnt anew. A panel lies on one bus and, on
        Modbus, on one module.
        """
        wanted = self.wanted
        if wanted is None:
            return self
        owner = owner_of(point, config, self.desk)
        if owner is None:
            mine = next((key for key, known in self.keys.items() if known == point), None)
            owner = None if mine is None else f"desk/{self.desk}/{mine}"
        if owner is not None:
            return Taken(point, owner)
        first = next(iter(self.keys.values()), None)
        if first is not None and (first.bus, first.module) != (point.bus, point.module):
            return Elsewhere(point, first)
        return replace(self, keys={**self.keys, wanted: point})


def owner_of(point: Point, config: HardwareConfig, but_desk: int | None = None) -> str | None:
    """The control that has this point, other than one of `but_desk`'s own keys."""
    for key in config.wired_keys():
        if key.point == point and not key.control.startswith(f"desk/{but_desk}/"):
            return key.control
    return None


def written(text: str, lesson: Lesson, home: Path | None = None) -> str:
    """The text of hardware.toml with the learnt panel in it, checked as a whole.

    The desk's own panel is changed in place and keeps its lamp where it still can; else one is added behind the last.
    Raises HardwareConfigError when the file would not be good, ValueError when keys are still missing.
    """
    if lesson.wanted is not None:
        raise ValueError(f"desk {lesson.desk}: {lesson.wanted} has not been pressed")
    import tomlkit

    document = tomlkit.parse(text)
    panels: Any = document.get("panel")
    if panels is None:
        panels = tomlkit.aot()
        document.append("panel", panels)
    panel = next((one for one in panels if one.get("desk") == lesson.desk), None)
    if panel is None:
        panel = tomlkit.table()
        panel["desk"] = lesson.desk
        _fill(panel, lesson)
        panel.add(tomlkit.nl())
        panels.append(panel)
    else:
        _fill(panel, lesson)
    made = tomlkit.dumps(document)
    parse(made.encode(), home)
    return made


def save(file: Path, text: str) -> None:
    """Put the text in place of the file, which stays as `hardware.toml.before`. Raises OSError."""
    beside = file.with_name(f"{file.name}.new")
    with beside.open("w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    file.with_name(f"{file.name}.before").write_bytes(file.read_bytes())
    beside.replace(file)


def _fill(panel: Any, lesson: Lesson) -> None:
    first = next(iter(lesson.keys.values()))
    before = (panel.get("bus", GPIO), panel.get("module"))
    if before != (first.bus, first.module) and "lamp" in panel:
        del panel["lamp"]
    for name, value in (("bus", None if first.bus == GPIO else first.bus), ("module", first.module)):
        if value is None:
            panel.pop(name, None)
        else:
            panel[name] = value
    for key, point in lesson.keys.items():
        panel[key] = point.line

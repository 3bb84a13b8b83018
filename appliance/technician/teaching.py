"""Learn mode in a running office: whatever is pressed while a desk is being learnt becomes its panel."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Protocol

from hardware.config import KEYS, HardwareConfig, Point, parse
from hardware.learning import Elsewhere, Lesson, Taken, save, written
from hardware.ports import Press

LIMIT_S = 15 * 60
"""A lesson in which nobody has pressed anything for so long is over, so that no key stays without effect."""


class Watching(Protocol):
    """Somebody who reports every key of every bus, whether hardware.toml knows it or not."""

    def close(self) -> None:
        """Stop; free pins are released."""


Watch = Callable[[Callable[[Point], None]], Watching]
"""Begins to watch; the callback runs in a thread of the watcher's."""


@dataclass(frozen=True, slots=True)
class TeachingView:
    """How far a lesson is.

    `wanted` is the key to press now, "" when all were. `refused` is the code of why the newest press didn't count:
    `key-taken` (by `owner`), `key-elsewhere`, or "".
    """

    active: bool
    desk: int = 0
    wanted: str = ""
    learnt: tuple[tuple[str, str], ...] = ()
    refused: str = ""
    owner: str = ""
    point: str = ""
    saved: bool = False


IDLE = TeachingView(False)


class Teaching:
    """At most one lesson at a time. All methods may be called from any thread."""

    def __init__(
        self, config: HardwareConfig, file: Path, watch: Watch, clock: Callable[[], float] = monotonic
    ) -> None:
        self._config, self._file, self._watch, self._clock = config, file, watch, clock
        self._until = 0.0
        self._lock = threading.RLock()
        self._lesson: Lesson | None = None
        self._watcher: Watching | None = None
        self._answer: Taken | Elsewhere | None = None
        self._saved = False

    @property
    def file(self) -> Path:
        """The hardware.toml that the lesson is written into."""
        return self._file

    def begin(self, desk: int) -> None:
        """Learn the panel of this desk; a lesson in hand is dropped."""
        self.end()
        with self._lock:
            self._lesson, self._answer, self._saved = Lesson(desk), None, False
            self._until = self._clock() + LIMIT_S
        watcher = self._watch(self._press)
        with self._lock:
            self._watcher = watcher

    def again(self) -> None:
        """Begin the same desk anew."""
        with self._lock:
            if self._lesson is not None:
                self._lesson, self._answer = Lesson(self._lesson.desk), None
                self._until = self._clock() + LIMIT_S

    def save(self) -> None:
        """Write the panel into hardware.toml; it counts from the next start on.

        Raises HardwareConfigError when the file would not be good, ValueError when keys are still missing, OSError.
        """
        with self._lock:
            if self._lesson is None:
                raise ValueError("nothing has been learnt")
            text = written(self._file.read_text(encoding="utf-8"), self._lesson, self._file.parent)
            save(self._file, text)
            # The next desk's lesson must know whose these keys are now.
            self._config = parse(text.encode(), self._file.parent)
            self._saved = True
        self._stop_watching()

    def end(self) -> None:
        """Forget the lesson."""
        self._stop_watching()
        with self._lock:
            self._lesson, self._answer = None, None

    def takes(self, press: Press) -> bool:
        """Whether this press belongs to the lesson: the keys that the desk has so far must not reach the queue."""
        with self._lock:
            lesson = self._lesson
            if lesson is None or self._saved or self._clock() >= self._until:
                return False
            return press.control.startswith(f"desk/{lesson.desk}/")

    def view(self) -> TeachingView:
        """How far the lesson is."""
        if self._lesson is not None and not self._saved and self._clock() >= self._until:
            self.end()
        with self._lock:
            lesson, answer = self._lesson, self._answer
            if lesson is None:
                return IDLE
            return TeachingView(
                active=True,
                desk=lesson.desk,
                wanted=lesson.wanted or "",
                learnt=tuple((key, str(lesson.keys[key])) for key in KEYS if key in lesson.keys),
                refused={Taken: "key-taken", Elsewhere: "key-elsewhere"}.get(type(answer), ""),
                owner=answer.control if isinstance(answer, Taken) else "",
                point=str(answer.point) if answer is not None else "",
                saved=self._saved,
            )

    def _press(self, point: Point) -> None:
        with self._lock:
            if self._lesson is None or self._saved:
                return
            self._until = self._clock() + LIMIT_S
            answer = self._lesson.press(point, self._config)
            if isinstance(answer, Lesson):
                self._lesson, self._answer = answer, None
            else:
                self._answer = answer

    def _stop_watching(self) -> None:
        with self._lock:
            watcher, self._watcher = self._watcher, None
        if watcher is not None:
            watcher.close()

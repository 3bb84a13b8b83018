"""The wall as it stands: every tile's picture with the version at which it last changed.

One book serves all screens of a language: a tile is drawn again only when its face has changed, however many look.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sync.centre.alarm import Alarm
from sync.centre.thresholds import NETWORK
from sync.centre.tile import Tile
from web.centre.face import MINUTE_MS, Face, face_of
from web.centre.pages import Pages

FRESH_S = 0.7
"""So long a look at all tiles serves everybody who asks."""

REST = 5
"""After a look the next one waits so many times as long as it took: many screens share it, however much happens."""

MOST_REST_S = 1.2
"""No longer than that: an entry may be three seconds old when a wall of 1,000 offices shows it."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A tile's picture, and the version of the book in which it came."""

    face: Face
    html: str
    version: int


@dataclass(frozen=True, slots=True)
class Look:
    """The wall at one moment: tiles in their places, their pictures by office, the open alarms."""

    version: int
    now_ms: int
    tiles: Sequence[Tile]
    drawn: Mapping[str, Drawn]
    alarms: Sequence[Alarm]


class WallBook:
    """The pictures of one language. Thread-safe."""

    def __init__(self, pages: Pages, code: str) -> None:
        self._pages, self._code = pages, code
        self._lock = threading.Lock()
        self._drawn: dict[str, Drawn] = {}
        self._seen: dict[str, Tile] = {}
        self._made_of: object = None
        self._version = 0
        self._look: Look | None = None
        self._looked = self._rested = 0.0
        self._stale = True
        self.life = secrets.token_hex(4)

    def changed(self) -> None:
        """Something may have changed: the next look is a new one."""
        self._stale = True

    def look(self) -> Look:
        """The wall now, at most FRESH_S old."""
        with self._lock:
            fresh = time.monotonic() - self._looked < FRESH_S
            if self._look is None or self._stale or not fresh:
                # Whoever was woken by a change must see it: they wait for the next look, all for the same one.
                time.sleep(max(0.0, self._rested - time.monotonic()))
                self._stale, began = False, time.thread_time()
                self._look = self._take()
                self._looked = time.monotonic()
                self._rested = self._looked + min(MOST_REST_S, REST * (time.thread_time() - began))
            return self._look

    def _take(self) -> Look:
        reading = self._pages.reading
        tiles = reading.tiles()
        alarm_min = reading.limits(NETWORK)["oldest-wait"].alarm
        norm_ms = (alarm_min or 15) * MINUTE_MS
        silent = {one.office: one.until_ms for one in reading.hushes()}
        version = self._version + 1
        drawn: dict[str, Drawn] = {}
        made_of = (norm_ms, silent)
        same = made_of == self._made_of
        for tile in tiles:
            if same and self._seen.get(tile.office) is tile:
                drawn[tile.office] = self._drawn[tile.office]
                continue
            face = face_of(tile, self._pages, self._code, norm_ms, silent_ms=silent.get(tile.office))
            known = self._drawn.get(tile.office)
            if known is not None and known.face == face:
                drawn[tile.office] = known
                continue
            html = self._pages.draw("wall_tile.html", self._code, face=face)
            drawn[tile.office] = Drawn(face, html, version)
            self._version = version
        self._drawn, self._seen, self._made_of = drawn, {tile.office: tile for tile in tiles}, made_of
        return Look(self._version, reading.now_ms(), tiles, drawn, reading.alarms())

"""The table of attacks: each one is made, answers what it got, and then every office's data are looked at for harm."""

from __future__ import annotations

import http.client
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from tests.centre.hostile_scene import SETTLE_S, Rows, Scene, own_journal


@dataclass(frozen=True, slots=True)
class Known:
    """What was known of one office at a moment."""

    own: Rows
    facts: Rows
    mirror: Rows


class Witness:
    """Knows every office's data before an attack; `harm` compares afterwards."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._before = {office: self._known(office) for office in scene.cards}

    def _known(self, office: str) -> Known:
        with suppress(sqlite3.Error):
            return Known(
                self._scene.cards[office].journal(),
                self._scene.facts(office),
                own_journal(self._scene.mirror(office)),
            )
        return Known((), (), ())

    def news(self, office: str) -> list[str]:
        """Kinds of the entries that the office has written since."""
        return [str(row[6]) for row in self._scene.cards[office].journal()[len(self._before[office].own) :]]

    def harm(self, allowed: Sequence[str] = (), within_s: float = SETTLE_S) -> str:
        """What has changed that shouldn't have, '' for nothing.

        No entry of office, facts or mirror may be another one; mirror and facts must come to equal the office's
        database row by row; and the office may have written nothing new but `allowed` kinds and its own housekeeping.
        """
        found = []
        for office, before in self._before.items():
            try:
                self._scene.settled(office, within_s)
            except AssertionError as late:
                found.append(str(late))
            after = self._known(office)
            for name in ("own", "facts", "mirror"):
                old, new = list(getattr(before, name)), list(getattr(after, name))
                if new[: len(old)] != old:
                    found.append(f"{office}: {name} rewritten")
            odd = [kind for kind in self.news(office) if kind not in (*allowed, *HOUSEKEEPING)]
            if odd:
                found.append(f"{office}: {', '.join(sorted(set(odd)))}")
        return "; ".join(found)


HOUSEKEEPING = ("DeviceChanged", "ClockCorrected")
"""What an idle office writes by itself."""


class Table:
    """The attacks made so far. `wrong` has the titles of those that went otherwise than they should."""

    def __init__(self, scene: Scene, told: Callable[[str], None] = print) -> None:
        self.scene, self._told = scene, told
        self.count = 0
        self.wrong: list[str] = []

    def part(self, title: str) -> None:
        """A heading."""
        self._told(f"\n{title}")

    def attack(self, title: str, made: Callable[[], tuple[str, bool]], allowed: Sequence[str] = ()) -> None:
        """Make an attack, which answers what it got and whether that is as it should be, then look for harm."""
        witness = Witness(self.scene)
        began = time.monotonic()
        try:
            got, good = made()
        except (AssertionError, OSError, http.client.HTTPException) as error:
            got, good = f"{type(error).__name__}: {error}"[:200], False
        harm = witness.harm(allowed)
        self.count += 1
        if harm or not good:
            self.wrong.append(title)
        verdict = "" if good else "   NOT AS EXPECTED"
        self._told(
            f"{title:<58} | {got:<78} | {harm or 'no harm'} ({time.monotonic() - began:.1f} s){verdict}",
        )

"""Keeps the device's keys in order while the link runs: ends what a cut left open, renews what ends soon."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from sync.centre_keys import CentreKeysError, read_centre_keys
from sync.enrolment import EnrolmentError, finish, refresh

log = logging.getLogger("talon.sync.keys")

LOOK_S = 30.0
REFRESH_S = 86_400.0
LONGEST_WAIT_S = 3600.0


class KeyKeeping:
    """A thread. `start` once, `stop` once. `trouble` is the code of the last failure, '' after a success.

    `incarnation()` names the folder of the office's incarnation (`0003-1f2e3d4c`), '' while nobody knows it.
    """

    def __init__(self, data: Path, incarnation: Callable[[], str], *, look_s: float = LOOK_S) -> None:
        self._data, self._incarnation, self._look_s = data, incarnation, look_s
        self._stopping, self._nudged = threading.Event(), threading.Event()
        self._refreshed: float | None = None
        self._wait_s = look_s
        self.trouble = ""
        self._thread = threading.Thread(target=self._run, name="keys", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread. A request on its way is given up: whatever it was, the next start ends it."""
        self._stopping.set()
        self._nudged.set()
        if self._thread.ident is not None:
            self._thread.join(1.0)

    def refresh_soon(self) -> None:
        """Ask the centre at the next look: a directive of an unknown key came. At most once a minute counts."""
        if self._refreshed is not None and time.monotonic() - self._refreshed > 60.0:
            self._refreshed = None
            self._nudged.set()

    def look(self) -> None:
        """Do what is due now. Raises EnrolmentError, CentreKeysError, OSError."""
        keys = read_centre_keys(self._data)
        if keys is None:
            return
        if not keys.confirmed or not keys.incarnation:
            incarnation = self._incarnation()
            if not incarnation:
                return
            keys = finish(keys, incarnation)
        if self._refreshed is None or time.monotonic() - self._refreshed > REFRESH_S:
            refresh(keys)
            self._refreshed = time.monotonic()

    def _run(self) -> None:
        # The first look is not at once: a `talon enrol` that is at work ends by itself.
        while not self._stopping.is_set():
            self._nudged.wait(self._wait_s)
            self._nudged.clear()
            if self._stopping.is_set():
                return
            try:
                self.look()
                self.trouble, self._wait_s = "", self._look_s
            except (EnrolmentError, CentreKeysError, OSError) as error:
                code = error.code if isinstance(error, EnrolmentError) else "keys-unreadable"
                if code != self.trouble:
                    log.warning("keys: %s", error)
                self.trouble, self._wait_s = code, min(self._wait_s * 2, LONGEST_WAIT_S)
            except Exception:
                log.exception("keys: unexpected error")
                self.trouble, self._wait_s = "internal-error", LONGEST_WAIT_S

"""Playing through ALSA: one `aplay` at a time, bounded, and what its failure means."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

GRACE_S = 5.0
"""How much longer than the sound `aplay` may take before it is given up."""

REAP_S = 2.0
LONGEST_DETAIL = 200

APLAY_MISSING = "aplay-missing"
NO_LOUDSPEAKER = "no-loudspeaker"
NOT_ALLOWED = "sound-not-allowed"
BUSY = "loudspeaker-busy"
STUCK = "loudspeaker-stuck"
FAILED = "playback-failed"
CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why nothing was heard: a code, and the facts for its sentence."""

    reason: str
    facts: Mapping[str, str] = field(default_factory=dict)


class Aplay:
    """Plays WAV files on one ALSA device. One sound at a time is the caller's part; `break_off` is for any thread."""

    def __init__(self, device: str, program: str = "aplay", nodes: Path = Path("/dev/snd")) -> None:
        self._device, self._program, self._nodes = device, program, nodes
        self._lock = threading.Lock()
        self._running: subprocess.Popen[bytes] | None = None
        self._closed = False

    @property
    def stuck(self) -> bool:
        """Whether an `aplay` is still there that could not even be killed."""
        with self._lock:
            return self._running is not None and self._running.poll() is None

    def play(self, wav: bytes, seconds: float) -> Trouble | None:
        """Play to the end, at most `seconds` and a grace. None when it was heard; never raises for a device."""
        if self.stuck:
            return Trouble(STUCK, {"device": self._device})
        begun = self._begin()
        if isinstance(begun, Trouble):
            return begun
        try:
            _, told = begun.communicate(wav, timeout=seconds + GRACE_S)
        except subprocess.TimeoutExpired:
            return self._give_up(begun)
        except OSError as error:
            begun.kill()
            begun.communicate()
            return Trouble(FAILED, {"device": self._device, "detail": error.strerror or ""})
        if begun.returncode == 0:
            return None
        return Trouble(CLOSED) if self._closed else self._meaning(told.decode(errors="replace"))

    def break_off(self) -> None:
        """End what is being played, and play nothing any more."""
        with self._lock:
            self._closed = True
            if self._running is not None and self._running.poll() is None:
                self._running.kill()

    def _begin(self) -> subprocess.Popen[bytes] | Trouble:
        command = [self._program, "-q", "-D", self._device, "-t", "wav", "-"]
        with self._lock:
            if self._closed:
                return Trouble(CLOSED)
            try:
                # ALSA tells what is wrong in the language of the environment; what is read below is English.
                self._running = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    env={**os.environ, "LC_ALL": "C"},
                )
            except FileNotFoundError:
                return Trouble(APLAY_MISSING)
            except OSError as error:
                return Trouble(FAILED, {"device": self._device, "detail": error.strerror or ""})
            return self._running

    def _give_up(self, process: subprocess.Popen[bytes]) -> Trouble:
        process.kill()
        # Whatever sleeps in the kernel is left there; nothing else is begun before it is gone.
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=REAP_S)
        return Trouble(STUCK, {"device": self._device})

    def _meaning(self, told: str) -> Trouble:
        facts = {"device": self._device}
        if "busy" in told:
            return Trouble(BUSY, facts)
        if "Permission denied" in told or self._forbidden():
            return Trouble(NOT_ALLOWED, facts)
        if "No such" in told or "Unknown PCM" in told:
            return Trouble(NO_LOUDSPEAKER, facts)
        lines = told.strip().splitlines()
        return Trouble(FAILED, {**facts, "detail": lines[-1][:LONGEST_DETAIL] if lines else ""})

    def _forbidden(self) -> bool:
        """Whether there are sound cards that this user may not open: ALSA calls them missing."""
        controls = list(self._nodes.glob("controlC*"))
        return bool(controls) and not any(os.access(node, os.R_OK | os.W_OK) for node in controls)

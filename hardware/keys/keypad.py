"""USB keypads: the kernel's input events, read from the device file without any library.

A keypad belongs to the office alone (EVIOCGRAB), so that its keys do not type into a console. Unplugged it is missing;
back again, it goes on by itself.
"""

from __future__ import annotations

import fcntl
import logging
import os
import select
import stat
import struct
import threading
from collections.abc import Callable, Iterable, Mapping
from time import monotonic

from hardware.config.model import KeyConfig, KeypadConfig
from hardware.keys.input_event import (
    CLOCK_MONOTONIC,
    CODES,
    DOWN,
    EV_KEY,
    EV_SYN,
    EVENT,
    EVIOCGKEY,
    EVIOCGRAB,
    EVIOCSCLOCKID,
    KEY_BYTES,
    NAMES,
    SYN_DROPPED,
    SYN_REPORT,
    UP,
    InputEvent,
    keys_down,
    unpacked,
)
from hardware.keys.judging import Judge
from hardware.ports import Condition, DeviceState
from hardware.states import group_of, state_of

log = logging.getLogger(__name__)

REOPEN_S = 1.0
EVENTS_AT_ONCE = 64

OnKeys = Callable[[float, Mapping[str, bool] | None], None]
"""Hears keys by their names: CLOCK_MONOTONIC seconds, and which are down; None when the keypad has gone.

All keys come with the first call and after None, which is their baseline; else those that have moved.
"""


class Keypad:
    """One keypad, read by a thread of its own. All methods may be called from any thread."""

    def __init__(self, config: KeypadConfig) -> None:
        self.config = config
        self._facts = {"keypad": config.name, "port": config.port}
        self._state = state_of(Condition.MISSING, "not-started", **self._facts)
        self._listeners: tuple[OnKeys, ...] = ()
        self._own_time = True
        self._down: dict[str, bool] | None = None
        self._wake_read, self._wake_write = os.pipe()
        self._closing = False
        self._thread: threading.Thread | None = None

    def listen(self, on_keys: OnKeys) -> Callable[[], None]:
        """Hear every key, in the keypad's thread; call what is returned to end it.

        Of a keypad that was opened already, or is known to be away, it hears at once in the caller's thread.
        """
        self._listeners = (*self._listeners, on_keys)
        down = self._down
        if down is not None or self._state.reason != "not-started":
            on_keys(monotonic(), None if down is None else dict(down))

        def stop() -> None:
            self._listeners = tuple(one for one in self._listeners if one is not on_keys)

        return stop

    def start(self) -> None:
        """Begin to read; may be called once."""
        self._thread = threading.Thread(target=self._run, name=f"keypad {self.config.name}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Release the device; may be called twice."""
        if self._closing:
            return
        self._closing = True
        os.write(self._wake_write, b"!")
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def state(self) -> DeviceState:
        """Ready (`keypad-shared` warns that its keys type elsewhere too), `keypad-missing` or `port-denied`."""
        return self._state

    def _run(self) -> None:
        while not self._closing:
            try:
                device = os.open(self.config.port, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            except OSError as error:
                self._lose("port-denied" if isinstance(error, PermissionError) else "keypad-missing", error)
                select.select([self._wake_read], [], [], REOPEN_S)
                continue
            try:
                self._read(device)
            except OSError as error:
                self._lose("keypad-missing", error)
            finally:
                os.close(device)
            if not self._closing:
                select.select([self._wake_read], [], [], REOPEN_S)

    def _read(self, device: int) -> None:
        """Read events until the keypad goes or `close` is called. Raises OSError."""
        self._prepare(device)
        self._tell_all(device)
        dropped = False
        while True:
            ready, _, _ = select.select([device, self._wake_read], [], [])
            if self._wake_read in ready:
                return
            data = os.read(device, EVENT.size * EVENTS_AT_ONCE)
            if not data:
                raise OSError("the device has come to its end")
            for event in unpacked(data):
                if event.type == EV_SYN and event.code == SYN_DROPPED:
                    dropped = True
                elif not dropped:
                    self._take(event)
                elif event.type == EV_SYN and event.code == SYN_REPORT:
                    # What came between is incomplete; the keypad itself knows what is down.
                    dropped = False
                    self._tell_all(device)

    def _prepare(self, device: int) -> None:
        """Have the keypad for ourselves, with times on our clock; a file that stands for one can do neither."""
        warning = ""
        self._own_time = True
        if stat.S_ISCHR(os.fstat(device).st_mode):
            try:
                fcntl.ioctl(device, EVIOCSCLOCKID, struct.pack("i", CLOCK_MONOTONIC))
                self._own_time = False
                fcntl.ioctl(device, EVIOCGRAB, 1)
            except OSError as error:
                warning = "keypad-shared"
                log.warning("keypad %s (%s) is not ours alone: %s", self.config.name, self.config.port, error)
        level = logging.INFO if self._state.reason == "not-started" else logging.WARNING
        log.log(level, "keypad %s is at %s", self.config.name, self.config.port)
        hint = "restart-office" if warning else ""
        self._state = state_of(Condition.READY, hint=hint, warning=warning, **self._facts)

    def _tell_all(self, device: int) -> None:
        """Which keys are down now, of all: a baseline, and what repairs lost events."""
        bits = bytearray(KEY_BYTES)
        try:
            fcntl.ioctl(device, EVIOCGKEY, bits)
        except OSError:
            bits = bytearray(KEY_BYTES)  # a file that stands for a keypad: nothing is down
        down = keys_down(bytes(bits))
        self._tell(monotonic(), {name: name in down for name in CODES})

    def _take(self, event: InputEvent) -> None:
        name = NAMES.get(event.code)
        if event.type == EV_KEY and name is not None and event.value in (UP, DOWN):
            self._tell(monotonic() if self._own_time else event.at, {name: event.value == DOWN})

    def _lose(self, reason: str, error: OSError) -> None:
        """It is away: once told, it stays so until it is back."""
        self._down = None
        if self._state.reason == reason:
            return
        log.error("keypad %s (%s): %s", self.config.name, self.config.port, error.strerror or error)
        if reason == "port-denied":
            facts = self._facts | {"group": group_of(self.config.port, "input")}
            self._state = state_of(Condition.MISSING, reason, "join-group", **facts)
        else:
            self._state = state_of(Condition.MISSING, reason, "connect-keypad", **self._facts)
        self._tell_listeners(monotonic(), None)

    def _tell(self, at: float, down: Mapping[str, bool]) -> None:
        self._down = {**(self._down or {}), **down}
        self._tell_listeners(at, down)

    def _tell_listeners(self, at: float, down: Mapping[str, bool] | None) -> None:
        for listener in self._listeners:
            try:
                listener(at, down)
            except Exception:
                log.exception("a listener of keypad %s failed", self.config.name)


class KeypadKeys:
    """The keys of one keypad as a source for the judge."""

    def __init__(self, keys: Iterable[KeyConfig], judge: Judge, keypad: Keypad) -> None:
        self._judge, self._keypad = judge, keypad
        self._controls = {str(key.point.line): key.control for key in keys}
        self._stop: Callable[[], None] | None = None

    def start(self) -> None:
        """Begin to listen; the keypad is started by its owner."""
        self._stop = self._keypad.listen(self._heard)

    def close(self) -> None:
        """Listen no more; may be called twice."""
        if self._stop is not None:
            self._stop()
            self._stop = None

    def _heard(self, at: float, down: Mapping[str, bool] | None) -> None:
        if down is None:
            self._judge.lose(self._controls.values(), self._keypad.state())
            return
        made = {self._controls[name]: pressed for name, pressed in down.items() if name in self._controls}
        if made:
            self._judge.take(at, made)

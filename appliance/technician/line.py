"""A line into a running office, for `talon doctor` on the box itself: a Unix socket in the data folder.

One request a connection, a JSON object on a line; the answers are JSON objects on lines. Who may open the folder may
ask: the office's own user and root. Paths of sockets are short (108 bytes), so both ends reach it through the folder's
descriptor.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from appliance.technician.doctoring import PATTERN_S, Doctoring

log = logging.getLogger(__name__)

NAME = "doctor.sock"
LONGEST_REQUEST = 4096
ANSWER_S = 60.0
WALK_STEP_S = 1.0


class NotRunningError(Exception):
    """No office answers in this folder."""


@contextlib.contextmanager
def _reachable(folder: Path) -> Iterator[str]:
    """A path of the socket that is short enough, however long the folder's is."""
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}/{NAME}"
    finally:
        os.close(descriptor)


class DoctorLine:
    """The office's end. Each connection has a thread of its own; there are at most four at a time."""

    def __init__(self, folder: Path, doctoring: Doctoring) -> None:
        self._folder, self._doctoring = folder, doctoring
        self._places = threading.BoundedSemaphore(4)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._thread = threading.Thread(target=self._run, name="doctor line", daemon=True)
        self._closing = threading.Event()

    def start(self) -> None:
        """Begin to listen; a socket that an earlier life left is replaced. A folder that refuses it is logged."""
        (self._folder / NAME).unlink(missing_ok=True)
        try:
            with _reachable(self._folder) as path:
                self._listener.bind(path)
            (self._folder / NAME).chmod(0o600)
            self._listener.listen(4)
        except OSError as error:
            log.error("talon doctor can't reach this office: %s", error)
            return
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        if self._thread.is_alive():
            self._thread.join(5.0)
        (self._folder / NAME).unlink(missing_ok=True)

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), name="doctor call", daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, self._places:
            connection.settimeout(ANSWER_S)
            try:
                request = json.loads(_read_line(connection))
                if not isinstance(request, dict):
                    raise ValueError("no object")
                for answer in answers(self._doctoring, request, self._closing.is_set):
                    connection.sendall(json.dumps(answer, ensure_ascii=False).encode() + b"\n")
            except (OSError, ValueError) as error:
                log.info("a call of talon doctor broke off: %s", error)
            except Exception:
                log.exception("a call of talon doctor failed")


def ask(folder: Path, request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Ask the office whose data folder this is; yields its answers. Raises NotRunningError."""
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    line.settimeout(ANSWER_S)
    with line:
        try:
            with _reachable(folder) as path:
                line.connect(path)
        except OSError as error:
            raise NotRunningError(folder) from error
        line.sendall(json.dumps(request).encode() + b"\n")
        with line.makefile("r", encoding="utf-8") as answered:
            for text in answered:
                yield json.loads(text)


def answers(
    doctoring: Doctoring, request: Mapping[str, Any], over: Callable[[], bool] = lambda: False
) -> Iterator[dict[str, Any]]:
    """What is answered to a request; the same for a running office and for devices opened by the doctor itself.

    `report`, `print` (with `paper`), `probe`, `board`, `chime`, `buttons`. The last answers each time a key was ticked
    off, and at least every second, until the walk is over; whoever hangs up ends it.
    """
    match request.get("ask"):
        case "report":
            yield doctoring.report().as_json()
        case "print":
            yield {
                "outcome": doctoring.print_test("code-pages" if request.get("paper") == "code-pages" else "self-test")
            }
        case "probe":
            yield doctoring.probe_printer()
        case "board":
            yield {"boards": doctoring.show_pattern(), "seconds": PATTERN_S}
        case "chime":
            yield {"heard": doctoring.chime()}
        case "buttons":
            yield from _walk(doctoring, over)
        case other:
            yield {"error": f"unknown request {other!r}"}


def _walk(doctoring: Doctoring, over: Callable[[], bool]) -> Iterator[dict[str, Any]]:
    doctoring.begin_walk()
    view = doctoring.walk.view()
    try:
        while True:
            yield {"ticked": list(view.ticked), "missing": list(view.missing)}
            if not view.missing or not view.active or over():
                return
            view = doctoring.walk.wait(len(view.ticked), WALK_STEP_S)
    finally:
        doctoring.walk.end()


def _read_line(connection: socket.socket) -> bytes:
    data = b""
    while not data.endswith(b"\n"):
        piece = connection.recv(1024)
        if not piece or len(data) > LONGEST_REQUEST:
            raise ValueError("no request")
        data += piece
    return data

"""The link's end of the socket in the data folder: what the office is asked and told, a JSON object on a line each."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

NAME = "office.sock"
ANSWER_S = 45.0
LONGEST_LINE = 1 << 20


class OfficeAwayError(Exception):
    """The office's process doesn't answer in this folder."""


@contextlib.contextmanager
def reachable(folder: Path) -> Iterator[str]:
    """A path of the socket that is short enough (108 bytes), however long the folder's is."""
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}/{NAME}"
    finally:
        os.close(descriptor)


class OfficeLine:
    """The office as one thread of the link sees it; the connection is kept between questions."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._socket: socket.socket | None = None
        self._rest = b""

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The office's answer. Raises OfficeAwayError; nobody knows then whether what was asked has happened."""
        data = json.dumps(request, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        try:
            line = self._connected()
            line.sendall(data)
            answer = json.loads(self._read_line(line))
        except (OSError, ValueError) as error:
            self.close()
            raise OfficeAwayError(str(error)) from error
        if not isinstance(answer, dict):
            self.close()
            raise OfficeAwayError("no object")
        return answer

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
        self._socket, self._rest = None, b""

    def _connected(self) -> socket.socket:
        if self._socket is None:
            line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            line.settimeout(ANSWER_S)
            try:
                with reachable(self._folder) as path:
                    line.connect(path)
            except OSError:
                line.close()
                raise
            self._socket = line
        return self._socket

    def _read_line(self, line: socket.socket) -> bytes:
        while b"\n" not in self._rest:
            piece = line.recv(1 << 16)
            if not piece or len(self._rest) > LONGEST_LINE:
                raise ValueError("the office hung up")
            self._rest += piece
        found, _, self._rest = self._rest.partition(b"\n")
        return found

"""The link's process has one of everything; the office's socket outlives a moment without open files."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import threading
from pathlib import Path
from typing import Any, cast

import pytest

from appliance.centre_line import NAME, CentreLine, Watched
from sync import link
from sync.announcing import BesideTheLink


def test_one_process_announces_itself_and_keeps_its_keys_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Path] = []
    run = link.run_link

    class Beside(BesideTheLink):
        def start(self) -> None:
            begun.append(tmp_path)

        def stop(self) -> None:
            """Nothing was begun."""

    def once(data: Path, stopping: threading.Event) -> None:
        stopping.set()
        run(data, stopping)

    monkeypatch.setattr(link, "BesideTheLink", Beside)
    monkeypatch.setattr(link, "run_link", once)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    assert link.main([str(tmp_path)]) == 0
    assert len(begun) == 1


class Failing:
    """A listening socket whose first call fails as with too many open files."""

    def __init__(self, real: socket.socket) -> None:
        self._real, self.failures = real, 1

    def accept(self) -> Any:
        if self.failures:
            self.failures -= 1
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return self._real.accept()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def test_too_many_open_files_pass(tmp_path: Path) -> None:
    line = CentreLine(tmp_path, cast(Watched, None))
    line._listener = cast(socket.socket, Failing(line._listener))
    line.start()
    with socket.socket(socket.AF_UNIX) as asked:
        asked.settimeout(20)
        asked.connect(str(tmp_path / NAME))
        asked.sendall(b'{"ask": "nonsense"}\n')
        assert json.loads(asked.recv(4096))["error"] == "unknown-request"
    line.close()

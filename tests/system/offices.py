"""A whole office as a process of its own, on a free port and in a temporary folder."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

START_S = 30.0


def lay_out(folder: Path, **replaced: str) -> Path:
    """The demonstration office in `folder`; `replaced` maps a file's stem to its whole new text."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "replica").mkdir(exist_ok=True)
    for name in ("office", "plan", "hardware"):
        text = resources.files("appliance.demo").joinpath(f"{name}.toml").read_text(encoding="utf-8")
        (folder / f"{name}.toml").write_text(replaced.get(name, text), encoding="utf-8")
    config = folder / "office.toml"
    text = config.read_text(encoding="utf-8").replace("port = 8080", "port = 0")
    config.write_text(text.replace('path = "replica"', 'path = "replica"\ninterval_ms = 200'), encoding="utf-8")
    return config


class OfficeRun:
    """One life of an office. `told` is what it printed; `base` the address of its pages; `owner` its code, if shown."""

    def __init__(self, config: Path, environment: dict[str, str] | None = None) -> None:
        self.config = config
        self.folder = config.parent
        self.told: list[str] = []
        self.owner = ""
        self.cookie = ""
        self._log = (self.folder / "log.txt").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "appliance", "office", str(config)],
            stdout=subprocess.PIPE,
            stderr=self._log,
            env={**os.environ, **(environment or {})},
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.base = self._await_line(r"(http://\S+?)/$", START_S)

    def __enter__(self) -> OfficeRun:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _await_line(self, pattern: str, timeout_s: float) -> str:
        """What the first group of `pattern` matches in a line that it prints."""
        deadline = time.monotonic() + timeout_s
        while True:
            for line in self.told:
                found = re.search(pattern, line)
                if found:
                    return found[1]
            gone = self.process.poll() is not None
            if gone or time.monotonic() > deadline:
                raise AssertionError(f"no line like {pattern!r}: {self.told} {(self.folder / 'log.txt').read_text()}")
            time.sleep(0.02)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.told.append(line.rstrip())

    def owner_code(self) -> str:
        """The code that the first start shows."""
        if not self.owner:
            self.owner = self._await_line(r"Owner code .*: (\S+)", 20)
        return self.owner

    def ask(
        self, method: str, path: str, body: dict[str, Any] | None = None, key: str | None = None
    ) -> tuple[int, Any]:
        """One request to the API: status and decoded body."""
        headers = {"Content-Type": "application/json", "Origin": self.base, "Accept-Language": "en"}
        if self.cookie:
            headers["Cookie"] = self.cookie
        if key is not None:
            headers["Idempotency-Key"] = key
        data = None if body is None and method == "GET" else json.dumps(body or {}).encode()
        request = Request(f"{self.base}{path}", data, headers, method=method)
        try:
            with urlopen(request, timeout=15) as answer:
                raw, status = answer.read(), answer.status
                cookie = answer.headers.get("Set-Cookie")
        except HTTPError as problem:
            raw, status, cookie = problem.read(), problem.code, None
        if cookie:
            self.cookie = cookie.split(";", 1)[0]
        return status, (json.loads(raw) if raw and raw[:1] in b"{[" else raw)

    def press(self, control: str, kind: str = "tap") -> None:
        """Press a simulated key."""
        status, body = self.ask("POST", "/api/v1/sim/press", {"control": control, "kind": kind})
        assert status == 204, body

    def wait_ready(self) -> None:
        """Until the API answers."""
        await_true(lambda: self._answers(), "the API answers", 20)

    def _answers(self) -> bool:
        try:
            return self.ask("GET", "/api/v1/health")[0] == 200
        except OSError:
            return False

    def stop(self) -> int:
        """End it politely; its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            self._release()

    def _release(self) -> None:
        self._reader.join(5)
        if self.process.stdout is not None:
            self.process.stdout.close()
        self._log.close()

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)
        self._release()


def await_true(condition: Callable[[], bool], what: str, timeout_s: float = 10.0) -> None:
    """Wait until `condition` holds, or fail naming it."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(f"not within {timeout_s} s: {what}")


def talon(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line."""
    return subprocess.run(
        [sys.executable, "-m", "appliance", *arguments], capture_output=True, text=True, timeout=120, check=False
    )

"""`python -m hardware.boards.browser --screen NAME -- COMMAND`: the browser of a hall's screen, and who vouches for it.

Waits until the office serves its pages, starts the command with the page's address behind it, and tells the service
manager (`WatchdogSec=`) that all is well as long as the office hears from the page, so that a browser which has died
behind a lit screen is begun anew. An office that doesn't answer is no fault of the browser: its page says so by itself.
"""

from __future__ import annotations

import argparse
import http.client
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

log = logging.getLogger(__name__)

OFFICE = "http://127.0.0.1:8080"
LOOK_S = 5.0
ANSWER_S = 4.0

START_S = 120.0
"""A browser that has just been started may take this long for its first word."""

SILENT_S = 60.0
"""Nobody vouches for a page that has said nothing for so long; with the watchdog's 30 s it is begun anew after 90."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the office knows of a screen."""

    silent_s: float
    reason: str


class OfficePages:
    """The office's own pages, on the loopback."""

    def __init__(self, office: str, screen: str) -> None:
        """`office` is `http://host:port`, `screen` the board's name in hardware.toml."""
        self._office, self._screen = urlsplit(office), quote(screen, safe="")

    @property
    def address(self) -> str:
        """What the browser is to open."""
        return f"{self._office.geturl().rstrip('/')}/hall?screen={self._screen}"

    def served(self) -> bool:
        """Whether the page can be had."""
        return self._get("/hall") is not None

    def told(self) -> Told | None:
        """What the office knows of the screen; None where it doesn't answer, or has no such screen."""
        answer = self._get(f"/api/v1/hall/screens/{self._screen}")
        if answer is None:
            return None
        try:
            view = json.loads(answer)
            return Told(float(view["silent_s"]), str(view["reason"]))
        except (ValueError, KeyError, TypeError):
            return None

    def _get(self, path: str) -> bytes | None:
        host, port = self._office.hostname or "127.0.0.1", self._office.port or 80
        with closing(http.client.HTTPConnection(host, port, timeout=ANSWER_S)) as line:
            try:
                line.request("GET", path)
                answer = line.getresponse()
                content = answer.read()
            except (OSError, http.client.HTTPException):
                return None
        return content if answer.status == 200 else None


def vouched(told: Told | None, running_s: float) -> bool:
    """Whether the browser that has been running for so long is well, as far as anybody knows."""
    if told is None or running_s <= START_S:
        return True
    return told.silent_s <= SILENT_S and told.reason != "screen-stale"


def run(pages: OfficePages, command: Sequence[str], well: Callable[[], None], look_s: float = LOOK_S) -> int:
    """Run the browser until it ends; its exit code. `well` is called as long as somebody vouches for it."""
    while not pages.served():
        well()
        time.sleep(look_s)
    with subprocess.Popen([*command, pages.address]) as browser:
        try:
            return _watch(pages, browser, well, look_s)
        finally:
            browser.terminate()


def _watch(pages: OfficePages, browser: subprocess.Popen[bytes], well: Callable[[], None], look_s: float) -> int:
    began, ill = time.monotonic(), False
    while True:
        told = pages.told()
        if vouched(told, time.monotonic() - began):
            well()
            ill = False
        elif not ill:
            log.warning("nobody vouches for the page: %s", told)
            ill = True
        try:
            return browser.wait(look_s)
        except subprocess.TimeoutExpired:
            continue


def tell_manager() -> None:
    """Tell systemd, where there is one, that all is well."""
    path = os.environ.get("NOTIFY_SOCKET")
    if not path:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        try:
            line.sendto(b"WATCHDOG=1", "\0" + path[1:] if path.startswith("@") else path)
        except OSError:
            log.debug("the service manager can't be told")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; its exit code is the browser's."""
    parser = argparse.ArgumentParser(prog="python -m hardware.boards.browser", description=__doc__)
    parser.add_argument("--office", default=OFFICE, help=f"where the pages are (default {OFFICE})")
    parser.add_argument("--screen", required=True, help="the board's name in hardware.toml")
    parser.add_argument("command", nargs="+", help="the browser; the page's address is put behind it")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stderr)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    return run(OfficePages(options.office, options.screen), options.command, tell_manager)


if __name__ == "__main__":
    sys.exit(main())

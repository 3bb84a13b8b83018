"""Slow work with secrets: hashes and local.db, in one thread of their own, with a short line in front of it."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from appliance.api.problems import Denied, Trouble
from appliance.domain.refusal import Code, Refused

log = logging.getLogger("talon.api")

P = ParamSpec("P")
R = TypeVar("R")

MOST_WAITING = 8
"""A hash costs 19 MiB and some hundred milliseconds on a small board: more than these are turned away at once."""


class Checking:
    """Runs one piece of work at a time, never on the event loop."""

    def __init__(self) -> None:
        """The thread starts with the first work."""
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="secrets")
        self._waiting = 0

    async def run(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run `work` and return what it returns. Raises Denied when too many wait, Refused when the disk fails."""
        if self._waiting >= MOST_WAITING:
            raise Denied(Trouble.SIGN_IN_BUSY)
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._thread, lambda: work(*args, **kwargs))
        except sqlite3.Error as error:
            log.error("local.db: %s", error)
            raise Refused(Code.STORE_FAILED) from error
        finally:
            self._waiting -= 1

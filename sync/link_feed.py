"""How directives come down: an outbound stream with a cursor, or asking now and then where streams don't pass."""

from __future__ import annotations

import json
import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from sync.link_directives import Receiver, Taken
from sync.link_http import CentreLine, LinkError, Stream

log = logging.getLogger("talon.sync.link")

PATH = "/link/v1/directives"
ODD_ANSWERS = 3
"""So often in a row something else than a stream has to come: an answer that is cut in its head looks odd too."""


@dataclass(frozen=True, slots=True)
class FeedPace:
    """Seconds. A failure is tried again after `first_s`, doubling up to `cap_s`, each a random part of it.

    Polling asks every `poll_s` (shortest, longest); when streams were held up on their way, the next one is tried after
    `stream_again_s`, doubling up to `stream_again_cap_s`. A directive that a pulse announced is overdue after
    `overdue_s`; for `distrust_s` after a forgery none is.
    """

    first_s: float = 1.0
    cap_s: float = 60.0
    poll_s: tuple[float, float] = (15.0, 30.0)
    stream_again_s: float = 600.0
    stream_again_cap_s: float = 4 * 3600.0
    long_life_s: float = 60.0
    overdue_s: float = 10.0
    distrust_s: float = 120.0


class Backoff:
    """Pauses that double, each a random share (half to whole), so that a thousand offices don't come back together."""

    def __init__(self, first_s: float, cap_s: float) -> None:
        self._first_s, self._cap_s, self._failures = first_s, cap_s, 0

    def reset(self) -> None:
        """It worked."""
        self._failures = 0

    def next_s(self) -> float:
        """How long to wait after one more failure."""
        whole: float = min(self._cap_s, self._first_s * 2 ** min(self._failures, 20))
        self._failures += 1
        return whole * random.uniform(0.5, 1.0)


class Feed:
    """One thread that brings directives to the receiver. `mode` is `stream`, `poll` or `off` (nothing works now)."""

    def __init__(
        self,
        line: CentreLine,
        receiver: Receiver,
        cursor: Callable[[], int | None],
        session: str,
        stopping: threading.Event,
        settled: Callable[[], None] = lambda: None,
        line_holds: Callable[[], bool] = lambda: False,
        pace: FeedPace | None = None,
    ) -> None:
        """`cursor` asks the office for its last settled directive, None while it is away; `settled` hears of each.

        `line_holds`: whether ordinary requests pass now; when they do and a stream stays silent, it is held up.
        """
        self._line, self._receiver, self._cursor, self._session = line, receiver, cursor, session
        self._stopping, self._settled, self._line_holds = stopping, settled, line_holds
        self._pace = pace or FeedPace()
        self._thread = threading.Thread(target=self._run, name="directives", daemon=True)
        self._wake = threading.Event()
        self._stream: Stream | None = None
        self._streams_from = 0.0
        self._behind_since: float | None = None
        self._overdue = False
        self._odd = 0
        self._streams_again_s = self._pace.stream_again_s
        self.mode = "off"
        self.error = ""

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def wake(self) -> None:
        """The line may be back, or the centre says that there is something: don't wait any longer."""
        self._wake.set()

    def expect(self, newest: int) -> None:
        """The centre says that its newest directive for this office is `newest`; any thread.

        A stream that doesn't bring it is held up by something that lets its first bytes pass; unless what came instead
        was a forgery, or signed by a key that this office hasn't learnt yet.
        """
        now = time.monotonic()
        distrusted = now - self._receiver.forged_at < self._pace.distrust_s
        if newest <= self._receiver.settled or self._receiver.stuck or distrusted:
            self._behind_since = None
        elif self.mode == "poll":
            self.wake()
        elif self.mode == "stream" and self._behind_since is None:
            self._behind_since = now
        elif (
            self.mode == "stream" and self._behind_since is not None and now - self._behind_since > self._pace.overdue_s
        ):
            self._behind_since, self._overdue = None, True
            if (stream := self._stream) is not None:
                stream.cut()

    def stop(self) -> None:
        """Cut the stream and end, once `stopping` is set."""
        self._wake.set()
        if (stream := self._stream) is not None:
            stream.cut()
        self._thread.join(5.0)

    def _run(self) -> None:
        backoff = Backoff(self._pace.first_s, self._pace.cap_s)
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                pause_s = self._once()
                self.error = ""
                backoff.reset()
            except LinkError as error:
                if self._stopping.is_set():
                    return
                self._lost(error)
                if time.monotonic() - began > self._pace.long_life_s:
                    backoff.reset()
                pause_s = backoff.next_s()
            except Exception:
                # The link must outlive its own mistakes.
                log.exception("the stream of directives failed")
                self.mode, self.error = "off", "internal-error"
                pause_s = backoff.next_s()
            self._rest(pause_s)

    def _lost(self, error: LinkError) -> None:
        overdue, self._overdue = self._overdue, False
        self._odd = self._odd + 1 if error.code == "no-stream" else 0
        if overdue or self._odd >= ODD_ANSWERS or (error.code == "silence" and self._line_holds()):
            self._odd = 0
            log.warning("streams don't pass here (%s): asking instead", "overdue" if overdue else error)
            self._streams_from = time.monotonic() + self._streams_again_s
            self._streams_again_s = min(2 * self._streams_again_s, self._pace.stream_again_cap_s)
        elif error.code != self.error:
            log.info("no directives: %s", error)
        self.mode, self.error = "off", error.code

    def _rest(self, pause_s: float) -> None:
        if pause_s > 0 and not self._stopping.is_set():
            self._wake.wait(pause_s)
        self._wake.clear()

    def _once(self) -> float:
        """One stream, or one question; how long to rest afterwards. Raises LinkError."""
        cursor = self._cursor()
        if cursor is None:
            self.mode, self.error = "off", "office-away"
            return self._pace.first_s
        self._receiver.settled = cursor
        if time.monotonic() < self._streams_from:
            return self._poll()
        return self._listen()

    def _listen(self) -> float:
        target = f"{PATH}?after={self._receiver.settled}&session={self._session}"
        for event in self._line.stream(target, self._opened):
            if self._stopping.is_set():
                return 0.0
            if self.mode != "stream":
                log.info("listening for directives from %s on", self._receiver.settled)
                self.mode, self.error = "stream", ""
                self._streams_again_s = self._pace.stream_again_s
            if event.kind == "directive":
                again_s = self._take(event.data)
                if again_s is not None:
                    return again_s
        # Ended in order: the centre goes down, or the office's newer stream took its place.
        raise LinkError("no-line", "the stream ended")

    def _poll(self) -> float:
        target = f"{PATH}?after={self._receiver.settled}&session={self._session}"
        answer = self._line.ask("GET", target)
        self.mode = "poll"
        for found in answer.get("directives", ()):
            again_s = self._take(json.dumps(found, ensure_ascii=False))
            if again_s is not None:
                return again_s
        return random.uniform(*self._pace.poll_s) if not answer.get("more") else 0.0

    def _take(self, text: str) -> float | None:
        """None: go on. A number: ask again from the cursor after so many seconds."""
        taken = self._receiver.take(text)
        if taken is Taken.SETTLED:
            self._settled()
        if taken is Taken.STUCK:
            return max(self._pace.first_s, 1.0) * random.uniform(2.0, 4.0)
        if taken is Taken.GAP:
            raise LinkError("gap")
        return None

    def _opened(self, stream: Stream) -> None:
        self._stream = stream
        if self._stopping.is_set():
            stream.cut()

"""What Prometheus reads of the centre, and how long an office's entry takes to get here."""

from __future__ import annotations

import resource
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from threading import Lock
from typing import TYPE_CHECKING

from appliance.domain.message import Record
from sync.exposition import Metric, Sample, counter, gauge

if TYPE_CHECKING:
    from sync.centre.centre import Centre

KEPT = 10_000
RECENT_MS = 300_000
"""Quantiles are of so long a time: what was slow this morning says nothing of now."""

LATE_MS = 60_000
"""An entry older than this when it comes was held back by a broken line: it tells nothing of the way itself."""


class LagMeter:
    """From an entry's own time to its being in the image, for offices whose clocks agree with the centre's."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms, self._lock = now_ms, Lock()
        self._lags: deque[tuple[int, int]] = deque(maxlen=KEPT)
        self.entries = self.late = 0

    def heard(self, _: str, records: Sequence[Record]) -> None:
        """New entries of an office are in its image."""
        if not records:
            return
        now_ms = self._now_ms()
        with self._lock:
            self.entries += len(records)
            for record in records:
                if not record.moment.trusted:
                    continue
                lag_ms = now_ms - record.moment.at_ms
                if lag_ms > LATE_MS:
                    self.late += 1
                else:
                    self._lags.append((now_ms, max(0, lag_ms)))

    def quantiles(self, *shares: float) -> Sequence[float | None]:
        """Seconds, of the newest entries; None where none came lately."""
        since_ms = self._now_ms() - RECENT_MS
        with self._lock:
            lags = sorted(lag_ms for at_ms, lag_ms in self._lags if at_ms >= since_ms)
        return [lags[min(len(lags) - 1, int(share * len(lags)))] / 1000 if lags else None for share in shares]


def metrics_of(centre: Centre) -> Iterator[Metric]:
    """Every metric of the centre. Nothing of a person is in it."""
    tiles = centre.watching.wall.tiles(centre.now_ms())
    yield gauge("talon_centre_offices", "Offices by state.", *_by(tile.state.value for tile in tiles))
    yield gauge(
        "talon_office_data_age_seconds",
        "Age of an office's data.",
        *(Sample(None if t.age_ms is None else t.age_ms / 1000, {"office": t.office}) for t in tiles),
    )
    for name, text in (
        ("waiting", "Visitors waiting."),
        ("wait_mean", "Mean wait so far, ms."),
        ("wait_max", "Longest wait so far, ms."),
        ("desks", "Desks working."),
        ("staff", "Operators present."),
    ):
        found = ((tile.office, tile.figures.get(name)) for tile in tiles)
        samples = (Sample(figure.value if figure is not None else None, {"office": o}) for o, figure in found)
        yield gauge(f"talon_office_{name}", text, *samples)
    yield gauge(
        "talon_office_doubt",
        "1 while an office's data are in doubt.",
        *(Sample(1, {"office": t.office, "reason": t.doubt.reason}) for t in tiles if t.doubt is not None),
    )
    yield gauge("talon_centre_alarms", "Open alarms.", *_by(a.now.value for a in centre.watching.alarms.open()))
    p50, p95, p99 = centre.lag.quantiles(0.5, 0.95, 0.99)
    quantiles = (("0.5", p50), ("0.95", p95), ("0.99", p99))
    lag = (Sample(value, {"quantile": name}) for name, value in quantiles)
    yield gauge("talon_centre_lag_seconds", "From an entry's time to its being in the image.", *lag)
    yield counter("talon_centre_entries_total", "Journal entries taken in.", Sample(centre.lag.entries))
    yield counter("talon_centre_late_entries_total", "Of these: older than a minute.", Sample(centre.lag.late))
    for name, value in sorted(centre.inbox.counting.numbers().items()):
        yield counter(f"talon_inbox_{name}_total", "Counted by the inbox.", Sample(value))
    refusals = centre.inbox.counting.refusals()
    yield counter(
        "talon_inbox_refusals_total",
        "Requests refused by the inbox.",
        *(Sample(n, {"reason": reason}) for reason, n in sorted(refusals.items())),
    )
    followed = centre.follower.counters
    yield counter("talon_follow_rows_total", "Entries read from mirrors.", Sample(followed.rows))
    yield counter("talon_follow_seconds_total", "Time spent following.", Sample(float(followed.seconds)))
    yield gauge("talon_follow_waiting", "Offices that wait to be followed.", Sample(followed.waiting))
    counts = centre.link.counts
    yield gauge("talon_link_streams", "Open streams.", Sample(counts.streams))
    yield counter("talon_link_pulses_total", "Pulses.", Sample(counts.pulses))
    yield counter("talon_link_refused_total", "Refused requests of the link.", Sample(counts.refused))
    last = centre.watching.last
    yield gauge("talon_watch_cpu_seconds", "CPU time of the last look at all offices.", Sample(last.cpu_ms / 1000))
    usage = resource.getrusage(resource.RUSAGE_SELF)
    yield counter("process_cpu_seconds_total", "CPU time of this process.", Sample(usage.ru_utime + usage.ru_stime))


def _by(names: Iterator[str]) -> Iterator[Sample]:
    found: dict[str, int] = {}
    for name in names:
        found[name] = found.get(name, 0) + 1
    return (Sample(n, {"state": name}) for name, n in sorted(found.items()))

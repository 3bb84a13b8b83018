"""The office's wall time of a moment in the journal: a date, and milliseconds since its midnight."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from appliance.domain.moment import Moment

MINUTE_MS = 60_000
HOUR_MS = 3_600_000


class LocalTime(NamedTuple):
    """What a watch in the office shows: the date and the milliseconds of its face, even after a change of clocks."""

    date: date
    ms: int

    @property
    def minute(self) -> int:
        """The minute of the day."""
        return self.ms // MINUTE_MS

    @property
    def hour(self) -> int:
        """The hour of the day."""
        return self.ms // HOUR_MS


def local_time(moment: Moment, zone: ZoneInfo) -> LocalTime | None:
    """The wall time of a moment; None if nobody believed its clock and nobody has corrected it since."""
    if not moment.trusted:
        return None
    seconds, rest = divmod(moment.at_ms, 1000)
    face = datetime.fromtimestamp(seconds, zone)
    return LocalTime(face.date(), ((face.hour * 60 + face.minute) * 60 + face.second) * 1000 + rest)

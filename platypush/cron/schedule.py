"""When a cron expression comes due, with daylight saving time thought of. Pure arithmetic."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

from croniter import croniter

from platypush.errors import ConfigurationError

__all__ = ["Schedule"]

_ALIASES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_RANDOM = re.compile(r"[rh]([(/]|$)", re.IGNORECASE)
_EPOCH = datetime(2024, 1, 1)  # noqa: DTZ001 - any local time does to see whether a schedule ever comes due


class Schedule:
    """The times of one cron expression in local time.

    Where clocks are put forward, a job for an hour that does not exist runs as if they had not been (02:30 becomes
    03:30); where they are put back, it runs once, in the first of the two hours. Jobs for every hour or every n-th one
    go on by elapsed time through both, as the expression matches the clock on the wall.
    """

    __slots__ = ("_fields", "_tz", "expression", "follows_clock")

    def __init__(self, expression: str, tz: tzinfo | None = None) -> None:
        """``tz`` None is the machine's own zone. Raises ConfigurationError for an expression that says no time."""
        self.expression = " ".join(expression.split())
        self._tz = tz
        fields = _ALIASES.get(self.expression.lower(), self.expression).split()
        self._fields = " ".join(fields)
        if any(map(_RANDOM.match, fields)):
            raise ConfigurationError(
                f"The cron expression {expression!r} asks for random times, which move with each start."
            )
        if len(fields) not in (5, 6):
            raise ConfigurationError(
                f"The cron expression {expression!r} has {len(fields)} fields. It needs five (minute, hour, day of "
                "month, month, day of week), or six with seconds last."
            )
        self.follows_clock = not fields[1].startswith("*")
        """Whether the job is for certain hours of the day, rather than for every or every n-th hour."""
        try:
            self._next_on_wall(_EPOCH)
        except ValueError as error:
            raise ConfigurationError(f"The cron expression {expression!r} cannot be used: {error}") from error

    def next_after(self, moment: float) -> float:
        """The first time after ``moment``; both in seconds since the epoch."""
        return self._next_by_wall(moment) if self.follows_clock else self._next_by_elapsed_time(moment)

    def _next_by_wall(self, moment: float) -> float:
        wall = self._wall(moment)
        while True:
            wall = self._next_on_wall(wall)
            due = self._moment(wall)
            if due > moment:
                return due

    def _next_by_elapsed_time(self, moment: float) -> float:
        start = self._wall(moment)
        due = round(moment + (self._next_on_wall(start) - start).total_seconds())
        if self._offset(due) == self._offset(moment):
            return due
        change = self._change_between(moment, due)
        start = self._wall(change)
        # From a second earlier on the new clock, so that the very moment of the change can be due.
        return change + round((self._next_on_wall(start - timedelta(seconds=1)) - start).total_seconds())

    def _next_on_wall(self, wall: datetime) -> datetime:
        # Expanded anew each time: the library's iterators keep a position, and schedules are shared by threads.
        found: datetime = croniter(self._fields, wall.replace(tzinfo=None)).get_next(datetime)
        return found

    def _wall(self, moment: float) -> datetime:
        return datetime.fromtimestamp(moment, self._tz).replace(tzinfo=None)

    def _moment(self, wall: datetime) -> float:
        return wall.replace(tzinfo=self._tz, fold=0).timestamp()

    def _offset(self, moment: float) -> float:
        local = datetime.fromtimestamp(moment, self._tz).replace(tzinfo=UTC).timestamp()
        return round(local - moment)

    def _change_between(self, before: float, after: float) -> float:
        """The whole second from which the zone's offset is no longer that of ``before``."""
        low, high = int(before), int(after) + 1
        offset = self._offset(low)
        while high - low > 1:
            middle = (low + high) // 2
            if self._offset(middle) == offset:
                low = middle
            else:
                high = middle
        return high

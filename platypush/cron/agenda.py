"""Which jobs are due, given what the clocks say. Pure: no thread, no waiting."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from platypush.cron.schedule import Schedule

__all__ = ["Agenda", "Slot"]

SMALL_JUMP = 3 * 3600.0
"""Seconds. A clock put forward by less runs what it skipped, once; put back by less, it repeats nothing that was
for a certain hour. A larger jump is a clock that was wrong: what lies between then and now is void. (cron(8) of
Debian draws the same line.)"""
_JITTER = 2.0
_LONGEST_WAIT = 10.0


@dataclass(slots=True)
class Slot:
    """One job's place: its schedule, when it is due next and for what time it came due last."""

    name: str
    schedule: Schedule
    due: float
    last: float | None = None


class Agenda:
    """Keeps when each job is due next. Not safe for several threads: its owner asks in one.

    Wall-clock time says what is due; monotonic time says how far the wall clock jumped since the last look.
    """

    def __init__(self, schedules: Iterable[tuple[str, Schedule]], wall: float, monotonic: float) -> None:
        self._slots = [Slot(name, schedule, schedule.next_after(wall)) for name, schedule in schedules]
        self._wall = wall
        self._monotonic = monotonic

    @property
    def slots(self) -> tuple[Slot, ...]:
        """All jobs, in the order in which they were given."""
        return tuple(self._slots)

    def carry_over(self, earlier: Agenda) -> None:
        """Take over from ``earlier`` when jobs of the same name and expression are due."""
        before = {(slot.name, slot.schedule.expression): slot for slot in earlier.slots}
        for slot in self._slots:
            same = before.get((slot.name, slot.schedule.expression))
            if same is not None:
                slot.due, slot.last = same.due, same.last

    def take_due(self, wall: float, monotonic: float) -> list[str]:
        """The jobs to start now, earliest first; each once, however many of its times have passed."""
        jump = (wall - self._wall) - (monotonic - self._monotonic)
        self._wall, self._monotonic = wall, monotonic
        if jump < -_JITTER:
            self._clock_was_put_back(wall, -jump)
        elif jump > SMALL_JUMP:
            for slot in self._slots:
                if slot.due < wall:
                    slot.due = slot.schedule.next_after(wall)
        due = sorted((slot for slot in self._slots if slot.due <= wall), key=lambda slot: slot.due)
        for slot in due:
            slot.last = slot.due
            slot.due = slot.schedule.next_after(wall)
        return [slot.name for slot in due]

    def seconds_to_wait(self, wall: float) -> float:
        """How long to sleep before the next look. Short enough to notice that the wall clock was set."""
        return max(0.0, min([_LONGEST_WAIT, *(slot.due - wall for slot in self._slots)]))

    def _clock_was_put_back(self, wall: float, by: float) -> None:
        for slot in self._slots:
            after = wall
            if slot.schedule.follows_clock and by <= SMALL_JUMP and slot.last is not None:
                after = max(wall, slot.last)
            slot.due = slot.schedule.next_after(after)

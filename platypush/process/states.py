"""The states of a supervised child and how its end is read."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["ChildStatus", "Exit", "State"]


class State(StrEnum):
    """Where a child is in its life.

    STOPPED → STARTING → RUNNING; an end that was not asked for leads to BACKOFF and from there to STARTING again, or to
    FATAL when trying again soon is pointless; a wanted end leads over STOPPING to STOPPED.
    """

    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    BACKOFF = "backoff"
    STOPPING = "stopping"
    FATAL = "fatal"

    @property
    def alive(self) -> bool:
        """Whether a process exists in this state."""
        return self in (State.STARTING, State.RUNNING, State.STOPPING)


@dataclass(frozen=True, slots=True)
class Exit:
    """How a process ended, as ``subprocess`` counts: an exit code, or the negated number of a signal."""

    code: int

    def __str__(self) -> str:
        if self.code >= 0:
            return f"exit code {self.code}"
        try:
            return f"killed by {signal.Signals(-self.code).name}"
        except ValueError:
            return f"killed by signal {-self.code}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildStatus:
    """A snapshot of one child, for status pages and logs."""

    name: str
    state: State
    pid: int | None = None
    starts: int = 0
    """How often it was started since the supervisor began."""
    last_exit: str | None = None
    reason: str | None = None
    """Why it is in BACKOFF or FATAL."""
    retry_in: float | None = None
    """Seconds until the next start, in BACKOFF and FATAL."""

    def to_dict(self) -> dict[str, object]:
        """The JSON form."""
        return {
            "name": self.name,
            "state": str(self.state),
            "pid": self.pid,
            "restarts": max(0, self.starts - 1),
            "last_exit": self.last_exit,
            "reason": self.reason,
            "retry_in": None if self.retry_in is None else round(self.retry_in, 1),
        }

"""The call that the present thread or greenlet works on: its request id and its deadline.

Both follow the code that a call runs (actions, hooks, procedures) without being handed through every signature, so
that each log line names its request and nested work knows how much time is left.
"""

from __future__ import annotations

import time
from contextvars import ContextVar
from typing import NamedTuple

__all__ = ["Call", "current_call", "in_call"]


class Call(NamedTuple):
    """A call under way. ``deadline`` is a monotonic time in seconds."""

    request_id: str
    deadline: float

    def time_left(self) -> float:
        """Seconds until the caller stops waiting; negative when that is over."""
        return self.deadline - time.monotonic()


_current: ContextVar[Call | None] = ContextVar("platypush_call", default=None)


def current_call() -> Call | None:
    """The call that this thread or greenlet works on, if any."""
    return _current.get()


class in_call:  # noqa: N801 - reads as the statement it makes: ``with in_call(...)``
    """Work on a call for the time of the block. A class, because each request passes here."""

    __slots__ = ("_call", "_token")

    def __init__(self, request_id: str, time_left: float) -> None:
        self._call = Call(request_id, time.monotonic() + time_left)

    def __enter__(self) -> Call:
        self._token = _current.set(self._call)
        return self._call

    def __exit__(self, *_: object) -> None:
        _current.reset(self._token)

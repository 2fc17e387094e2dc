"""Signals as messages: a handler does nothing but enqueue."""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any

__all__ = ["SignalQueue"]


class SignalQueue:
    """Collects signals for a loop that takes them when it can.

    A handler interrupts any bytecode of the main thread, possibly inside a lock: so it appends and wakes, no more.
    """

    def __init__(self, wake: Callable[[], None], descriptor: int) -> None:
        """``wake`` is called in the handler: it may only do what a handler may (write to a pipe).

        ``descriptor`` is written to as well, by the interpreter and at once: the non-blocking end of a pipe that the
        loop selects on. A handler runs between two bytecodes only; for a signal in the moment in which the main thread
        goes to sleep it would run when something else wakes that (signal.set_wakeup_fd).
        """
        self._wake = wake
        self._descriptor = descriptor
        self._previous_descriptor = -1
        self._pending: deque[signal.Signals] = deque()
        self._previous: dict[signal.Signals, Any] = {}

    def install(self, signals: Iterable[signal.Signals]) -> None:
        """Take over ``signals``. Main thread only (ValueError elsewhere)."""
        self._previous_descriptor = signal.set_wakeup_fd(self._descriptor, warn_on_full_buffer=False)
        for signum in signals:
            self._previous[signum] = signal.signal(signum, self._handle)

    def restore(self) -> None:
        """Put the handlers back that were there before. Main thread only."""
        for signum, handler in self._previous.items():
            signal.signal(signum, handler if handler is not None else signal.SIG_DFL)
        self._previous.clear()
        signal.set_wakeup_fd(self._previous_descriptor)

    def _handle(self, signum: int, _frame: FrameType | None) -> None:
        self._pending.append(signal.Signals(signum))
        self._wake()

    def take(self) -> list[signal.Signals]:
        """The signals that came since the last call, oldest first."""
        taken = []
        while self._pending:
            taken.append(self._pending.popleft())
        return taken

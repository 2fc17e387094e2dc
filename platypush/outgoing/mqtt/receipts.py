"""Which of the messages that were handed over have been sent, or confirmed by the broker."""

from __future__ import annotations

import threading

from platypush.errors import ActionFailed, Busy, TimeLimit, TooLarge, Unavailable

__all__ = ["MOST_WAITING", "Receipts"]

MOST_WAITING = 1000
"""Messages that may wait for the broker."""
_MOST_BYTES = 16 * 1024 * 1024


class Receipts:
    """Those of one connection. Thread-safe."""

    def __init__(self, name: str) -> None:
        """``name`` is the broker's, for messages."""
        self._name = name
        # Re-entrant: ``release`` is called with it held too.
        self._changed = threading.Condition(threading.RLock())
        self._abandoned: dict[int, int] = {}
        self._results: dict[int, str] = {}
        self._count = 0
        self._bytes = 0
        self._closed = False

    def reserve(self, size: int) -> None:
        """Take room for a message of ``size`` bytes. Raises TooLarge when it never fits, Busy when it does not now."""
        if size > _MOST_BYTES:
            raise TooLarge(f"A message has at most {_MOST_BYTES} bytes; this one has {size}.")
        with self._changed:
            if self._count >= MOST_WAITING or self._bytes + size > _MOST_BYTES:
                raise Busy(f"{self._name} does not take what waits for it already. This message was not sent.")
            self._count += 1
            self._bytes += size

    def release(self, size: int) -> None:
        """Give the room of a message back that was not handed over."""
        with self._changed:
            self._count -= 1
            self._bytes -= size

    def confirm(self, mid: int, reason: str) -> None:
        """Message ``mid`` is sent or confirmed, or refused for ``reason``."""
        with self._changed:
            if (size := self._abandoned.pop(mid, None)) is not None:
                self.release(size)
                return
            self._results[mid] = reason
            self._changed.notify_all()

    def wait(self, mid: int, size: int, seconds: float) -> None:
        """Wait for ``confirm``, for ``seconds`` at most. Raises ActionFailed when the broker refused the message;
        Unavailable or TimeLimit when it may or may not have arrived."""
        with self._changed:
            self._changed.wait_for(lambda: mid in self._results or self._closed, seconds)
            reason = self._results.pop(mid, None)
            if reason is None and not self._closed:
                # Its room is given back when it has left after all.
                self._abandoned[mid] = size
                raise TimeLimit(
                    f"{self._name} did not confirm the message within {seconds:g} s: it may have arrived or not."
                )
            self.release(size)
        if reason is None:
            raise Unavailable(f"{self._name} went away before it confirmed the message: it may have arrived or not.")
        if reason:
            raise ActionFailed(f"{self._name} refuses the message: {reason}.")

    def close(self) -> None:
        """The connection is gone: nothing is confirmed any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

"""One source of items, many viewers: each gets the newest item that he has not had, when he is ready for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from platypush.errors import Busy, PlatypushError
from platypush.streams import EndOfStream

__all__ = ["Broadcast", "Viewer"]


class Broadcast:
    """Holds one item, the newest. Any thread.

    Args:
        content_type: of each item.
        max_viewers: one more is refused.
        on_change: called, with nothing locked, when a viewer came or went.
    """

    def __init__(
        self,
        content_type: str = "image/jpeg",
        *,
        max_viewers: int = 64,
        on_change: Callable[[], object] = lambda: None,
    ) -> None:
        self.content_type = content_type
        self._max_viewers = max_viewers
        self._on_change = on_change
        self._changed = threading.Condition()
        self._item = b""
        self._number = 0
        self._failures = 0
        self._error: PlatypushError | None = None
        self._viewers: set[Viewer] = set()

    @property
    def viewers(self) -> int:
        """How many there are now."""
        return len(self._viewers)

    def publish(self, item: bytes) -> None:
        """Make ``item`` the newest."""
        with self._changed:
            self._item = item
            self._number += 1
            self._error = None
            self._changed.notify_all()

    def fail(self, error: PlatypushError) -> None:
        """Tell those who still wait for their first item why it does not come. The others go on waiting."""
        with self._changed:
            self._error = error
            self._failures += 1
            self._changed.notify_all()

    def viewer(self, *, interval: float = 0.0, skip: int = 0) -> Viewer:
        """A new viewer, who gets items from now on.

        ``interval`` seconds at least are between his items; the first ``skip`` ones pass him by. Raises Busy.
        """
        viewer = Viewer(self, interval, skip)
        with self._changed:
            if len(self._viewers) >= self._max_viewers:
                raise Busy(f"{self._max_viewers} viewers watch already, which is the limit. Try again later.")
            viewer.start(self._number, self._failures)
            self._viewers.add(viewer)
        self._on_change()
        return viewer

    def end(self) -> None:
        """Send all viewers away."""
        for viewer in tuple(self._viewers):
            viewer.close()

    def next_for(self, viewer: Viewer, seconds: float) -> bytes | None:
        """What ``viewer.next`` gives."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while True:
                if viewer not in self._viewers:
                    raise EndOfStream
                now = time.monotonic()
                if viewer.wants(self._number, now):
                    viewer.had(self._number, now)
                    return self._item
                if self._error is not None and viewer.waits_in_vain(self._failures):
                    raise self._error
                # Either a new item wakes him, or it is there already and it is too early for him.
                until = deadline if self._number == viewer.seen else min(deadline, max(viewer.due, now + 0.001))
                if deadline <= now:
                    return None
                self._changed.wait(until - now)

    def leave(self, viewer: Viewer) -> None:
        """What ``viewer.close`` does."""
        with self._changed:
            if viewer not in self._viewers:
                return
            self._viewers.discard(viewer)
            self._changed.notify_all()
        self._on_change()


class Viewer:
    """One viewer of a broadcast; a ``platypush.streams.Source``."""

    __slots__ = ("_broadcast", "_failures", "_fresh", "_interval", "_skip", "content_type", "due", "seen")

    def __init__(self, broadcast: Broadcast, interval: float, skip: int) -> None:
        self.content_type = broadcast.content_type
        self._broadcast = broadcast
        self._interval = interval
        self._skip = skip
        self._fresh = True
        self._failures = 0
        self.seen = 0
        """The number of the last item that he had."""
        self.due = 0.0
        """Monotonic time before which he wants no other."""

    def next(self, seconds: float) -> bytes | None:
        """See ``Source.next``."""
        return self._broadcast.next_for(self, seconds)

    def close(self) -> None:
        """See ``Source.close``."""
        self._broadcast.leave(self)

    def start(self, number: int, failures: int) -> None:
        """Begin behind item ``number``; ``failures`` happened before. For the broadcast, like the following."""
        self.seen = number
        self._skip += number
        self._failures = failures

    def wants(self, number: int, now: float) -> bool:
        """Whether item ``number`` is for him now."""
        return number > self.seen and number > self._skip and now >= self.due

    def had(self, number: int, now: float) -> None:
        """Note that he gets item ``number``."""
        self.seen = number
        self._fresh = False
        # From when it was due, not from now, or each delay would lower the rate; but what he missed is not made up for.
        self.due = (self.due if now - self.due < self._interval else now) + self._interval

    def waits_in_vain(self, failures: int) -> bool:
        """Whether he has had nothing, and the source failed since he came."""
        return self._fresh and failures > self._failures

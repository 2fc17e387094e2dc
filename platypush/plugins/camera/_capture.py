"""One capture for all viewers: it begins with the first one and ends some seconds after the last."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

from platypush._lib.presence import Presence
from platypush.errors import TimeLimit, Unavailable
from platypush.streams.broadcast import Broadcast, Viewer

__all__ = ["Capture", "Pictures"]

_TICK = 0.25
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 5.0
_UNWATCHED_PAUSE = 30.0
"""Seconds between two looks for a camera that is away while nobody wants to see it."""


class Pictures(Protocol):
    """A camera that is open. Used by one thread, ``kill`` excepted."""

    def next(self, seconds: float) -> bytes | None:
        """The newest picture, a JPEG; None when there was none for ``seconds``. Raises Unavailable, TimeLimit."""

    def kill(self) -> None:
        """Have ``next`` raise. From any thread."""

    def close(self) -> None:
        """Let the camera go."""


class Capture:
    """What stands between a camera and those who watch it. ``run`` is for one thread, the rest for any.

    Args:
        start: opens the camera; runs in the thread of ``run``. Raises Unavailable, TimeLimit.
        presence: whether the camera is there.
        linger: seconds that the camera stays open behind its last viewer.
        max_viewers: at once.
        rate: pictures a second that the camera gives, about.
    """

    def __init__(
        self, start: Callable[[], Pictures], presence: Presence, *, linger: float, max_viewers: int, rate: float
    ) -> None:
        self._start = start
        self._presence = presence
        self._linger = linger
        self._rate = rate
        self._broadcast = Broadcast(max_viewers=max_viewers, on_change=self._viewers_changed)
        self._changed = threading.Condition()
        self._stopping = False
        self._pictures: Pictures | None = None
        self._count = 0
        self._shown = False
        self._left_at = 0.0
        self._came = 0

    @property
    def viewers(self) -> int:
        """Who watches now, recordings and converters among them."""
        return self._broadcast.viewers

    @property
    def active(self) -> bool:
        """Whether the camera is open."""
        return self._pictures is not None

    def watch(self, *, fps: float | None = None, warmup: int = 0) -> Viewer:
        """A new viewer, who gets at most ``fps`` pictures a second.

        The first ``warmup`` pictures of a camera that has just been opened pass him by. Raises Busy.
        """
        interval = 1 / fps if fps and fps < self._rate else 0.0
        with self._changed:
            skip = max(0, warmup - self._count) if warmup else 0
        return self._broadcast.viewer(interval=interval, skip=skip)

    def run(self) -> None:
        """Open the camera whenever somebody watches, until ``stop``."""
        pause = _FIRST_PAUSE / 2
        while self._wait_for_viewers():
            self._shown = False
            try:
                self._capture()
                pause = _FIRST_PAUSE / 2
            except (Unavailable, TimeLimit) as error:
                if self._stopping:
                    return
                self._presence.lost(str(error))
                self._broadcast.fail(error)
                pause = _FIRST_PAUSE if self._shown else min(2 * pause, _LONGEST_PAUSE)
                self._pause(pause)

    def stop(self) -> None:
        """Send all viewers away and have ``run`` return."""
        with self._changed:
            self._stopping = True
            pictures = self._pictures
            self._changed.notify_all()
        if pictures is not None:
            pictures.kill()
        self._broadcast.end()

    def _capture(self) -> None:
        pictures = self._start()
        with self._changed:
            self._pictures = pictures
            self._count = 0
        try:
            while not self._unwanted():
                picture = pictures.next(_TICK)
                if picture is not None:
                    self._presence.found()
                    self._shown = True
                    self._count += 1
                    self._broadcast.publish(picture)
        finally:
            with self._changed:
                self._pictures = None
                self._count = 0
            pictures.close()

    def _unwanted(self) -> bool:
        if self._stopping:
            return True
        # A camera that was away is looked at until there is a picture, also when nobody watches any more.
        seen = self._count > 0
        return seen and not self.viewers and time.monotonic() - self._left_at >= self._linger

    def _wait_for_viewers(self) -> bool:
        """Return when somebody watches, or when it is time to look for a camera that is away. False to stop."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._stopping or self.viewers > 0, _UNWATCHED_PAUSE if self._presence.reason else None
            )
            return not self._stopping

    def _pause(self, seconds: float) -> None:
        """Wait, but for a second only when somebody comes meanwhile: he shall not hear what was found out before."""
        with self._changed:
            came = self._came
            self._changed.wait_for(lambda: self._stopping, _FIRST_PAUSE)
            self._changed.wait_for(lambda: self._stopping or self._came != came, seconds - _FIRST_PAUSE)

    def _viewers_changed(self) -> None:
        with self._changed:
            if self.viewers:
                self._came += 1
            else:
                self._left_at = time.monotonic()
            self._changed.notify_all()

"""Other pictures of the same capture: one converter for all viewers who want the same."""

from __future__ import annotations

import threading
from collections.abc import Callable

from platypush.errors import Busy, Unavailable
from platypush.plugins.camera._capture import Capture
from platypush.plugins.camera._ffmpeg import Ffmpeg
from platypush.plugins.camera._picture import Picture
from platypush.streams import EndOfStream
from platypush.streams.broadcast import Broadcast, Viewer

__all__ = ["Variants"]

_TICK = 0.25
_PAUSE = 1.0


class Variants:
    """The converters that run now. Any thread.

    Args:
        capture: where the pictures come from.
        start: starts a converter; runs in a thread of its own. Raises Unavailable.
        limit: converters at once.
        max_viewers: of each.
    """

    def __init__(
        self, capture: Capture, start: Callable[[Picture], Ffmpeg], *, limit: int, max_viewers: int, rate: float
    ) -> None:
        self._capture = capture
        self._start = start
        self._limit = limit
        self._max_viewers = max_viewers
        self._rate = rate
        self._lock = threading.Lock()
        self._running: dict[Picture, _Variant] = {}

    @property
    def viewers(self) -> int:
        """Who watches converted pictures now."""
        return sum(variant.broadcast.viewers for variant in self._snapshot())

    def watch(self, picture: Picture, *, fps: float | None) -> Viewer:
        """A new viewer of ``picture``, who gets at most ``fps`` pictures a second. Raises Busy."""
        interval = 1 / fps if fps and fps < self._rate else 0.0
        with self._lock:
            variant = self._running.get(picture)
            if variant is None:
                # Those that nobody watches any more are about to end.
                if sum(one.broadcast.viewers > 0 for one in self._running.values()) >= self._limit:
                    raise Busy(
                        f"The camera is watched in {self._limit} other sizes or forms, which is the limit. Leave the "
                        "arguments out, or try again later.",
                        retry_after=5,
                    )
                variant = _Variant(self._capture, lambda: self._start(picture), self._max_viewers)
                viewer = variant.broadcast.viewer(interval=interval)
                self._running[picture] = variant
                threading.Thread(
                    target=self._run, args=(picture, variant), name="camera-converter", daemon=True
                ).start()
                return viewer
            return variant.broadcast.viewer(interval=interval)

    def stop(self) -> None:
        """Send all viewers away. Converters end by themselves then."""
        for variant in self._snapshot():
            variant.broadcast.end()

    def _snapshot(self) -> list[_Variant]:
        with self._lock:
            return list(self._running.values())

    def _run(self, picture: Picture, variant: _Variant) -> None:
        try:
            while True:
                try:
                    variant.run()
                except (EndOfStream, Unavailable):
                    variant.wait(_PAUSE)
                with self._lock:
                    if not variant.broadcast.viewers:
                        del self._running[picture]
                        return
        except Busy as error:
            variant.broadcast.fail(error)
            with self._lock:
                del self._running[picture]
            variant.broadcast.end()


class _Variant:
    """One converter: a thread that reads from ffmpeg, and one that feeds it with the newest picture."""

    def __init__(self, capture: Capture, start: Callable[[], Ffmpeg], max_viewers: int) -> None:
        self._capture = capture
        self._start = start
        self._changed = threading.Event()
        self.broadcast = Broadcast(max_viewers=max_viewers, on_change=self._changed.set)

    def wait(self, seconds: float) -> None:
        """Wait for a viewer to come or to go."""
        self._changed.clear()
        if self.broadcast.viewers:
            self._changed.wait(seconds)

    def run(self) -> None:
        """Convert while somebody watches. Raises Busy, Unavailable, EndOfStream."""
        source = self._capture.watch()
        try:
            first = self._first(source)
            if first is None:
                return
            converter = self._start()
            feeder = threading.Thread(
                target=self._feed, args=(source, converter, first), name="camera-feeder", daemon=True
            )
            feeder.start()
            try:
                while self.broadcast.viewers:
                    converted = converter.next(_TICK)
                    if converted is not None:
                        self.broadcast.publish(converted)
            finally:
                source.close()
                converter.kill()
                feeder.join()
                converter.close()
        finally:
            source.close()

    def _first(self, source: Viewer) -> bytes | None:
        """The camera's next picture: a converter that waited for it would be taken for a broken one."""
        while self.broadcast.viewers:
            try:
                picture = source.next(_TICK)
            except Unavailable as error:
                self.broadcast.fail(error)
                raise
            if picture is not None:
                return picture
        return None

    @staticmethod
    def _feed(source: Viewer, converter: Ffmpeg, picture: bytes | None) -> None:
        try:
            while True:
                if picture is not None:
                    converter.write(picture)
                picture = source.next(_TICK)
        except (EndOfStream, OSError, Unavailable):
            return

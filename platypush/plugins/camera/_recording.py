"""Recording what a camera shows to a video file."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from platypush._lib.calls import current_call
from platypush.errors import ActionFailed, BadRequest, PlatypushError
from platypush.plugins.camera._ffmpeg import Ffmpeg
from platypush.streams import EndOfStream, Source

__all__ = ["Recording", "check_time"]

_TICK = 0.25
_FINISH_SECONDS = 10.0
_STOP_SECONDS = 1.0
_MARGIN = 5.0
"""Seconds that finishing a video may take beside its duration."""


class Recording:
    """One video being written, in a thread of its own.

    Args:
        path: of the finished file. Until then it has another name beside it.
        source: the pictures; closed at the end.
        start: starts the ffmpeg that writes to a path; runs in the thread.
        duration: seconds; None until ``stop``.
        ended: called at the end, with the error when there is no file.
    """

    def __init__(
        self,
        path: Path,
        source: Source,
        start: Callable[[Path], Ffmpeg],
        *,
        duration: float | None,
        ended: Callable[[PlatypushError | None], object],
    ) -> None:
        self.path = path
        self._source = source
        self._start = start
        self._duration = duration
        self._ended = ended
        self._stop = threading.Event()
        self._patience = _FINISH_SECONDS
        self._done = threading.Event()
        self._error: PlatypushError | None = None
        threading.Thread(target=self._run, name="camera-recording", daemon=True).start()

    def stop(self, *, hurry: bool = False) -> None:
        """End the recording. ``hurry``: what is not written within a second is lost."""
        if hurry:
            self._patience = _STOP_SECONDS
        self._stop.set()
        self._source.close()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the end; whether it came. Raises what the recording failed with."""
        if not self._done.wait(seconds):
            return False
        if self._error is not None:
            raise self._error
        return True

    def _run(self) -> None:
        temporary = self.path.with_name(f".{self.path.name}.part")
        try:
            self._record(temporary)
            os.replace(temporary, self.path)
        except PlatypushError as error:
            self._error = error
        except OSError as error:
            self._error = ActionFailed(f"{self.path} cannot be written: {error.strerror}.")
        finally:
            self._source.close()
            temporary.unlink(missing_ok=True)
            # First, so that whoever waits can begin the next one.
            self._ended(self._error)
            self._done.set()

    def _record(self, path: Path) -> None:
        # The camera comes first: one that is away leaves no empty file behind.
        picture: bytes | None = self._first()
        writer = self._start(path)
        try:
            until = None if self._duration is None else time.monotonic() + self._duration
            while not self._stop.is_set() and (until is None or time.monotonic() < until):
                if picture is not None:
                    writer.write(picture)
                picture = self._next()
            if not writer.finish(self._patience):
                raise ActionFailed(f"{self.path.name} could not be finished.{writer.said()}")
        except BrokenPipeError as error:
            raise ActionFailed(f"{self.path.name} cannot be written.{writer.said()}") from error
        finally:
            writer.close()

    def _first(self) -> bytes:
        while not self._stop.is_set():
            picture = self._next()
            if picture is not None:
                return picture
        raise ActionFailed("The recording was stopped before there was a picture.")

    def _next(self) -> bytes | None:
        try:
            return self._source.next(_TICK)
        except EndOfStream:
            self._stop.set()
            return None


def check_time(duration: float) -> None:
    """Return when the present call lasts long enough for a video of ``duration`` seconds. Raises BadRequest."""
    call = current_call()
    if call is not None and duration + _MARGIN > call.time_left():
        raise BadRequest(
            f"Recording for {duration:g} s takes longer than an action may (limits.action_time). Give wait=false: the "
            "video is there with CameraVideoRenderedEvent."
        )

"""What waits to be said."""

from __future__ import annotations

import subprocess
import threading
from collections import deque
from pathlib import Path

from platypush.errors import Busy, Unavailable
from platypush.plugins.tts._player import Player

__all__ = ["Speech", "SpeechQueue"]


class Speech:
    """One text as a sound file, from the queue to its end."""

    def __init__(self, file: Path, player: Player) -> None:
        self.file = file
        self.player = player
        self._done = threading.Event()
        self._error: Exception | None = None
        self._lock = threading.Lock()
        self._cancelled = False
        self._process: subprocess.Popen[bytes] | None = None

    def wait(self) -> None:
        """Return when it was said or stopped. Raises what went wrong."""
        self._done.wait()
        if self._error is not None:
            raise self._error

    def started(self, process: subprocess.Popen[bytes]) -> bool:
        """Take note of the process that plays it; False when it was stopped meanwhile."""
        with self._lock:
            self._process = process
            return not self._cancelled

    def finish(self, error: Exception | None) -> None:
        """Let those who wait go on."""
        with self._lock:
            self._process = None
            self._error = error
        self._done.set()

    def cancel(self) -> None:
        """Stop it where it is: what plays falls silent."""
        with self._lock:
            self._cancelled = True
            if self._process is not None:
                self._process.kill()


class SpeechQueue:
    """Texts in order, taken by one thread. Thread-safe."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._waiting: deque[Speech] = deque()
        self._current: Speech | None = None
        self._closed = False
        self._changed = threading.Condition()

    def put(self, speech: Speech) -> None:
        """Add to the end. Raises Busy when too many wait, Unavailable when the hub stops."""
        with self._changed:
            if self._closed:
                raise Unavailable("The hub stops: nothing is said any more.")
            if len(self._waiting) >= self._limit:
                raise Busy(f"{self._limit} texts wait to be said already. Try again later, or call tts.stop.")
            self._waiting.append(speech)
            self._changed.notify()

    def next(self) -> Speech | None:
        """The next one, after waiting for it; None when the queue is closed."""
        with self._changed:
            self._current = None
            while not self._waiting and not self._closed:
                self._changed.wait()
            if self._closed:
                return None
            self._current = self._waiting.popleft()
            return self._current

    def clear(self, error: Exception | None = None) -> int:
        """Stop the current one and drop those that wait, whose callers get ``error``; how many."""
        with self._changed:
            dropped = list(self._waiting)
            self._waiting.clear()
            current = self._current
            self._current = None
        for speech in dropped:
            speech.file.unlink(missing_ok=True)
            speech.finish(error)
        if current is not None:
            current.cancel()
        return len(dropped) + (current is not None)

    def close(self) -> None:
        """Stop everything for good; ``next`` returns None from now on."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self.clear(Unavailable("The hub stops: the text was not said."))

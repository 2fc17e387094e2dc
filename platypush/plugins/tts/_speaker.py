"""What waits to be said, by whatever engine: there is one pair of loudspeakers, and one text is said at a time."""

from __future__ import annotations

import logging
import subprocess
import threading
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from platypush.errors import ActionFailed, Busy, Unavailable
from platypush.plugins.tts._player import Player

__all__ = ["SPEAKER", "Said", "Speaker", "Speech"]

_SECONDS_TO_END = 10.0
_logger = logging.getLogger("platypush.plugins.tts")


@dataclass(frozen=True, slots=True)
class Said:
    """What is said, and by whom: ``plugin`` is the name of the section."""

    plugin: str
    engine: str
    text: str
    language: str | None = None


class Speech:
    """One text as a sound file, from the queue to its end."""

    def __init__(self, file: Path, player: Player, said: Said, engine: object = None) -> None:
        """``engine`` is the plugin that has it said."""
        self.engine = engine
        self.file = file
        self.player = player
        self.said = said
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
        # Before the caller goes on: nothing is left behind then.
        self.file.unlink(missing_ok=True)
        self._done.set()

    def cancel(self) -> None:
        """Stop it where it is: what plays falls silent."""
        with self._lock:
            self._cancelled = True
            if self._process is not None:
                self._process.kill()


class Speaker:
    """Says texts in order, in a thread that lives while any engine is in use. Thread-safe."""

    def __init__(self) -> None:
        self._waiting: deque[Speech] = deque()
        self._current: Speech | None = None
        self._engines: list[object] = []
        self._thread: threading.Thread | None = None
        self._changed = threading.Condition()

    def join(self, engine: object) -> None:
        """``engine`` is in use from now on."""
        with self._changed:
            self._engines.append(engine)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="tts", daemon=True)
                self._thread.start()

    def leave(self, engine: object) -> None:
        """``engine`` is out of use: what it has to say is not said. Waits for the thread's end when it was the last."""
        with self._changed:
            if engine in self._engines:
                self._engines.remove(engine)
            self._changed.notify_all()
        self.clear(engine, Unavailable("The hub stops: the text was not said."))
        with self._changed:
            self._changed.wait_for(lambda: self._engines or self._thread is None, _SECONDS_TO_END)

    def put(self, speech: Speech, limit: int) -> None:
        """Add to the end. Raises Busy when ``limit`` texts wait, Unavailable when its engine is not in use."""
        with self._changed:
            if speech.engine not in self._engines:
                raise Unavailable("The hub stops: nothing is said any more.")
            if len(self._waiting) >= limit:
                raise Busy(
                    f"{limit} texts wait to be said already. Try again later, or call {speech.said.plugin}.stop."
                )
            self._waiting.append(speech)
            self._changed.notify_all()

    def clear(self, engine: object = None, error: Exception | None = None) -> int:
        """Stop the current one and drop those that wait, whose callers get ``error``; how many.

        ``engine``: only those of this one.
        """
        with self._changed:
            dropped = [speech for speech in self._waiting if engine in (None, speech.engine)]
            kept = [speech for speech in self._waiting if speech not in dropped]
            self._waiting = deque(kept)
            current = self._current
            if current is not None and engine not in (None, current.engine):
                current = None
            if current is not None:
                self._current = None
        for speech in dropped:
            speech.finish(error)
        if current is not None:
            current.cancel()
        return len(dropped) + (current is not None)

    def queue(self) -> list[tuple[Said, bool]]:
        """What is said now (True) and what waits, in order."""
        with self._changed:
            current = [] if self._current is None else [(self._current.said, True)]
            return [*current, *((speech.said, False) for speech in self._waiting)]

    def _next(self) -> Speech | None:
        with self._changed:
            self._current = None
            self._changed.wait_for(lambda: self._waiting or not self._engines)
            if not self._engines:
                # Decided and told in one step: whoever joins now starts another thread.
                self._thread = None
                self._changed.notify_all()
                return None
            self._current = self._waiting.popleft()
            return self._current

    def _run(self) -> None:
        while (speech := self._next()) is not None:
            error: Exception | None = None
            try:
                speech.player.play(speech.file, speech.started)
            except (ActionFailed, OSError) as failure:
                _logger.warning("A text could not be said: %s", failure)
                error = failure
            speech.finish(error)


SPEAKER = Speaker()
"""The loudspeakers of this process, which all engines share."""

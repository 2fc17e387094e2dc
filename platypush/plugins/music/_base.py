"""What all groups of actions have in common: the player, its events, and what callers may open."""

from __future__ import annotations

import contextlib
import threading
from typing import Any

from platypush.errors import TimeLimit, Unavailable
from platypush.plugins import RunnablePlugin
from platypush.plugins.music._changes import changes
from platypush.plugins.music._player import Listener, Player, Snapshot, Track
from platypush.plugins.music._resources import Resources

__all__ = ["PlayerPlugin"]

_SETTLE = 0.05
"""Seconds after each change in which more of them become one: adding an album is many."""
_STOP = 1.5
"""Seconds that ``on_stop`` waits: looking up a name cannot be interrupted."""


class PlayerPlugin(RunnablePlugin):
    """A plugin with a player, whose events it posts. Subclasses call ``_use`` in their constructor."""

    _player: Player
    _resources: Resources

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._lock = threading.Lock()
        self._listener: Listener | None = None
        self._last: Snapshot | None = None
        self._playing: Track = {}

    def _use(self, player: Player, resources: Resources) -> None:
        self._player = player
        self._resources = resources

    def main(self) -> None:
        """Connect, and post events until it is time to stop. Raises Unavailable when the player is away."""
        try:
            with contextlib.closing(self._player.listen()) as listener:
                if self._hold(listener):
                    self._follow(listener)
        except (Unavailable, TimeLimit):
            # An interrupt ends in one of these too.
            if not self.should_stop():
                raise
        finally:
            self._hold(None)
            self._player.release()

    def on_stop(self) -> None:
        """Stop listening and let go of all connections."""
        self._stop_requested.set()
        with self._lock:
            if self._listener is not None:
                self._listener.interrupt()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(_STOP)
        self._player.close()

    def _follow(self, listener: Listener) -> None:
        self._tell(listener.snapshot())
        self.presence.found()
        while not self.should_stop():
            if listener.wait():
                self._tell(listener.snapshot())
                self.wait_stop(_SETTLE)
            else:
                self._player.release()

    def _hold(self, listener: Listener | None) -> bool:
        with self._lock:
            self._listener = listener
            return not self.should_stop()

    def _tell(self, now: Snapshot) -> None:
        """Post what changed since the last time: at first nothing, after an absence what happened meanwhile."""
        before, self._last = self._last, now
        if before is not None:
            for event in changes(before, now, self._playing, self.name):
                self.get_bus().post(event)
        if now.status.get("state") == "play":
            self._playing = now.track

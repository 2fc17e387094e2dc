"""MPD's events: a connection that idles until something changes."""

from __future__ import annotations

import time

from platypush.plugins.music._player import Listener, Snapshot
from platypush.plugins.music._values import with_stream_title
from platypush.plugins.music.mpd._connection import Address, Connection
from platypush.plugins.music.mpd._shape import texts

__all__ = ["MpdListener"]

_SUBSYSTEMS = ("player", "mixer", "options", "playlist")
_PROOF = 10.0
"""Seconds after which MPD has to show that it is still there."""


class MpdListener(Listener):
    """Tells when to look again."""

    def __init__(self, address: Address) -> None:
        """Connect. Raises Unavailable."""
        self._connection = Connection(address)

    def snapshot(self) -> Snapshot:
        status = texts(self._connection.run("status"))
        at = time.monotonic()
        return Snapshot(status, with_stream_title(texts(self._connection.run("currentsong"))), at)

    def wait(self) -> bool:
        return self._connection.idle(_SUBSYSTEMS, _PROOF)

    def interrupt(self) -> None:
        self._connection.interrupt()

    def close(self) -> None:
        self._connection.close()

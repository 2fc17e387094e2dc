"""Connections for commands: as many as there are calls at once, up to a limit, kept for the next ones for a while."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

from platypush.errors import Unavailable
from platypush.plugins.music.mpd._connection import Address, Connection

__all__ = ["Pool"]

_MOST = 4
_KEEP = 30.0
"""Seconds for which a connection is kept that nobody uses. MPD itself ends them after 60 (connection_timeout)."""


class Pool:
    """Safe for many threads. A command never waits for another one that hangs, except behind four of them."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._places = threading.BoundedSemaphore(_MOST)
        self._lock = threading.Lock()
        self._idle: list[Connection] = []
        self._closed = False

    @contextlib.contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection for the time of the block. Raises Unavailable when MPD is away or does not keep up."""
        if not self._places.acquire(timeout=self._address.timeout):
            raise Unavailable(f"{self._address} does not keep up: {_MOST} calls are waiting for its answers.")
        try:
            connection = self._take() or Connection(self._address)
            try:
                yield connection
            finally:
                self._give_back(connection)
        finally:
            self._places.release()

    def release(self) -> None:
        """Close connections that MPD closed, or that were not in use for a while."""
        with self._lock:
            stale = [connection for connection in self._idle if connection.stale(_KEEP)]
            self._idle = [connection for connection in self._idle if connection not in stale]
        for connection in stale:
            connection.close()

    def close(self) -> None:
        """Close all connections; those in use when they are given back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _take(self) -> Connection | None:
        self.release()
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _give_back(self, connection: Connection) -> None:
        connection.used = time.monotonic()
        with self._lock:
            keep = not (self._closed or connection.broken)
            if keep:
                self._idle.append(connection)
        if not keep:
            connection.close()

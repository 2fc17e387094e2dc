"""One websocket client: its connection, what waits to be written to it, and how it is closed."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from platypush.backend.http.websocket_events import View
from platypush.message.envelope import Principal
from platypush.user.credentials import Credential

__all__ = ["REVOKED", "TOO_SLOW", "Limits", "WebClient"]

REVOKED = 4401
"""Close code: the session or token is revoked, expired or gone."""
TOO_SLOW = 1013
"""Close code ("try again later"): events came faster than the client read them."""

_CLOSE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What may wait for one client, in bytes and in events, beyond the buffers of its socket."""

    queued_bytes: int = 16 * 1024 * 1024
    queued_events: int = 20_000


class WebClient(ServerConnection):
    """A connection that takes events without ever waiting. All methods: in the thread of the loop.

    While the socket takes bytes they are written at once. Otherwise they are kept, as references to bytes that all
    clients share, until it does again; more than ``limits`` closes the connection.
    """

    credential: Credential
    principal: Principal
    address: str
    view: View
    limits: Limits
    generation: int
    """The counter of revocations when the credential was checked."""
    in_flight = 0

    def __init__(self, connected: set[WebClient], *args: Any, **kwargs: Any) -> None:
        """``connected`` holds all connections, from their first byte to their last. The rest is the library's."""
        super().__init__(*args, **kwargs)
        self._connected = connected
        self._waiting: deque[tuple[bytes, int]] = deque()
        self._waiting_bytes = 0
        self._waiting_events = 0
        self._full = False
        self._closing: asyncio.Task[None] | None = None

    @property
    def is_open(self) -> bool:
        """Whether the connection takes messages."""
        return self._closing is None and self.protocol.state is State.OPEN

    def admit(self, principal: Principal) -> None:
        """Take ``principal`` for the holder of the connection from now on."""
        if principal != self.principal:
            self.principal = principal
            self.view = View(self.view.patterns, principal.scopes)

    def subscribe(self, patterns: tuple[str, ...] | None) -> None:
        """Send only events that match ``patterns``; all of them for None."""
        self.view = View(patterns, self.principal.scopes)

    def deliver(self, data: bytes, events: int) -> bool:
        """Send ``data``, whole frames with that many events. False when the client was dropped for being too slow."""
        if not self.is_open:
            return True
        if not self._full:
            self.transport.write(data)
            return True
        self._waiting.append((data, events))
        self._waiting_bytes += len(data)
        self._waiting_events += events
        if self._waiting_bytes <= self.limits.queued_bytes and self._waiting_events <= self.limits.queued_events:
            return True
        self.end(TOO_SLOW, "too slow: events came faster than they were read")
        return False

    async def reply(self, data: bytes) -> None:
        """Send one message, waiting for the socket. A connection that closes meanwhile is nobody's loss."""
        try:
            await self.send(data, text=True)
        except ConnectionClosed:
            return

    def end(self, code: int, reason: str) -> None:
        """Close with ``code`` without waiting for it; a client that does not take part is cut off."""
        if self._closing is None:
            self._forget()
            self._closing = self.loop.create_task(self._end(code, reason))

    def cut(self) -> None:
        """End the connection now, whatever its state."""
        self.transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is there; its handshake is still to come."""
        super().connection_made(transport)
        self._connected.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._connected.discard(self)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The transport's buffer is full."""
        super().pause_writing()
        self._full = True

    def resume_writing(self) -> None:
        """The transport's buffer has room again."""
        super().resume_writing()
        self._full = False
        while self._waiting and not self._full and self.is_open:
            data, events = self._waiting.popleft()
            self._waiting_bytes -= len(data)
            self._waiting_events -= events
            self.transport.write(data)

    def _forget(self) -> None:
        self._waiting.clear()
        self._waiting_bytes = self._waiting_events = 0

    async def _end(self, code: int, reason: str) -> None:
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self.close(code, reason)
        except TimeoutError:
            self.cut()

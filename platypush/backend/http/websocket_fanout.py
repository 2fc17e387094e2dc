"""From one event to every client: what several threads post leaves in batches, in order, a wake-up at a time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Set as AbstractSet

from platypush.backend.http.websocket_client import WebClient
from platypush.backend.http.websocket_events import EventFrame, View

__all__ = ["FanOut"]

_BATCH_BYTES = 64 * 1024
_CLIENTS_AT_ONCE = 64
_MOST_PENDING = 200_000


class FanOut:
    """Distributes frames. ``post`` may be called from any thread; all else in the thread of the loop.

    Events that are posted while others are being written leave together: a client then costs one system call for
    many events, which is what keeps a burst from taking the processor away from everything else.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, clients: AbstractSet[WebClient]) -> None:
        self._loop = loop
        self._clients = clients
        self._pending: deque[EventFrame] = deque(maxlen=_MOST_PENDING)
        self._wake = asyncio.Event()
        self._woken = False
        self.sent = 0
        self.dropped = 0
        self.lost = 0

    def post(self, frame: EventFrame) -> None:
        """Queue ``frame`` and return. Beyond a great many pending ones the oldest are lost, and counted."""
        if len(self._pending) == _MOST_PENDING:
            self.lost += 1
        self._pending.append(frame)
        # Read after the append: whoever clears the flag takes what is there only then.
        if not self._woken:
            self._woken = True
            self._loop.call_soon_threadsafe(self._wake.set)

    async def run(self) -> None:
        """Distribute until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            self._woken = False
            while self._pending:
                await self._distribute(self._take())

    def _take(self) -> list[EventFrame]:
        batch = []
        size = 0
        while self._pending and size < _BATCH_BYTES:
            frame = self._pending.popleft()
            batch.append(frame)
            size += len(frame.data)
        return batch

    async def _distribute(self, batch: list[EventFrame]) -> None:
        joined: dict[View, tuple[bytes, int]] = {}
        for number, client in enumerate(tuple(self._clients), 1):
            view = client.view
            part = joined.get(view)
            if part is None:
                wanted = [frame.data for frame in batch if view.wants(frame.type)]
                part = joined[view] = (b"".join(wanted), len(wanted))
            data, events = part
            if events:
                if client.deliver(data, events):
                    self.sent += events
                else:
                    self.dropped += 1
            if number % _CLIENTS_AT_ONCE == 0:
                # Handshakes, requests and their answers go on between.
                await asyncio.sleep(0)

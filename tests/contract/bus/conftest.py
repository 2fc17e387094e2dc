"""One factory for each implementation of the bus. A new one joins by a line in ``IMPLEMENTATIONS``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest

from platypush.bus import BusClient, BusServer, Handler
from platypush.bus.unix import UnixBusClient, UnixBusServer


class Implementation(Protocol):
    """Makes both sides of one bus, for one address."""

    def server(self, *, max_calls: int = 64, max_frame: int = 1 << 26) -> BusServer: ...

    def client(self, *, wait: float = 5.0, max_frame: int = 1 << 26, margin: float = 0.1) -> BusClient: ...


class UnixImplementation:
    def __init__(self, folder: Path) -> None:
        self._path = folder / "bus.sock"

    def server(self, *, max_calls: int = 64, max_frame: int = 1 << 26) -> BusServer:
        return UnixBusServer(self._path, max_calls=max_calls, max_frame=max_frame)

    def client(self, *, wait: float = 5.0, max_frame: int = 1 << 26, margin: float = 0.1) -> BusClient:
        return UnixBusClient(self._path, wait=wait, max_frame=max_frame, margin=margin)


IMPLEMENTATIONS: dict[str, Callable[[Path], Implementation]] = {"unix": UnixImplementation}


class Bus:
    """Starts servers and clients of one implementation and ends them with the test."""

    def __init__(self, implementation: Implementation) -> None:
        self._implementation = implementation
        self._servers: list[BusServer] = []
        self._clients: list[BusClient] = []

    def serve(self, handler: Handler, *, max_calls: int = 64, max_frame: int = 1 << 26) -> BusServer:
        server = self._implementation.server(max_calls=max_calls, max_frame=max_frame)
        server.start(handler)
        self._servers.append(server)
        return server

    def client(self, *, wait: float = 5.0, max_frame: int = 1 << 26, margin: float = 0.1) -> BusClient:
        client = self._implementation.client(wait=wait, max_frame=max_frame, margin=margin)
        self._clients.append(client)
        return client

    def end(self) -> None:
        for client in self._clients:
            client.close()
        for server in self._servers:
            server.stop(0)


@pytest.fixture(params=sorted(IMPLEMENTATIONS))
def bus(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bus]:
    name: str = request.param
    made = Bus(IMPLEMENTATIONS[name](tmp_path))
    yield made
    made.end()

"""One factory for each implementation of the bus. A new one joins by a line in ``IMPLEMENTATIONS``.

The Redis bus needs a real server; the tests start one for all of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest

from platypush.bus import BusClient, BusServer, Handler
from platypush.bus.redis import RedisBusClient, RedisBusServer
from platypush.bus.unix import UnixBusClient, UnixBusServer
from platypush.outgoing.redis import RedisServer
from tests.running.redis import RedisProcess, running_redis


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


class RedisImplementation:
    def __init__(self, redis: RedisProcess) -> None:
        self._redis = RedisServer({"port": redis.port})
        self._secret = os.urandom(32)  # a hub of its own for each test

    def server(self, *, max_calls: int = 64, max_frame: int = 1 << 26) -> BusServer:
        return RedisBusServer(self._redis, self._secret, max_calls=max_calls, max_frame=max_frame)

    def client(self, *, wait: float = 5.0, max_frame: int = 1 << 26, margin: float = 0.1) -> BusClient:
        return RedisBusClient(self._redis, self._secret, wait=wait, max_frame=max_frame, margin=margin)


IMPLEMENTATIONS: dict[str, Callable[[pytest.FixtureRequest], Implementation]] = {
    "redis": lambda request: RedisImplementation(request.getfixturevalue("redis_process")),
    "unix": lambda request: UnixImplementation(request.getfixturevalue("tmp_path")),
}


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


@pytest.fixture(scope="session")
def redis_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisProcess]:
    with running_redis(tmp_path_factory.mktemp("redis")) as made:
        yield made


@pytest.fixture(params=sorted(IMPLEMENTATIONS))
def bus(request: pytest.FixtureRequest) -> Iterator[Bus]:
    name: str = request.param
    made = Bus(IMPLEMENTATIONS[name](request))
    yield made
    made.end()

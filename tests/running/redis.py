"""A real Redis server, on a free port of loopback and on a unix socket, that a test can kill and start again."""

from __future__ import annotations

import contextlib
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from redis import Redis

from tests.running.processes import free_port

__all__ = ["RedisProcess", "running_redis"]


class RedisProcess:
    """``redis-server`` without persistence. Started by ``start``; ``kill`` ends it without a word to anybody."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.port = free_port()
        self.socket = folder / "redis.sock"
        self._folder = folder
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it, and return when it answers."""
        program = shutil.which("redis-server")
        assert program, "redis-server is missing: apt-get install redis-server"
        argv = [program, "--port", str(self.port), "--bind", "127.0.0.1", "--unixsocket", str(self.socket)]
        argv += ["--save", "", "--appendonly", "no", "--dir", str(self._folder), *self._options]
        with (self._folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen(argv, stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + 20
        while not self._answers():
            assert self._process.poll() is None, (self._folder / "redis.log").read_text()
            assert time.monotonic() < deadline, "redis-server does not answer"
            time.sleep(0.01)

    def kill(self) -> None:
        """End it at once; does nothing the second time."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def stand_still(self) -> None:
        """Have it take connections and answer nothing: what a half-dead server does."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """End ``stand_still``."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    @contextlib.contextmanager
    def client(self, **options: Any) -> Iterator[Any]:
        """A client of the test's own."""
        client = Redis(port=self.port, **options)
        try:
            yield client
        finally:
            client.close()

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                connection.sendall(b"PING\r\n")
                return bool(connection.recv(64))
        except OSError:
            return False


@contextlib.contextmanager
def running_redis(folder: Path, *options: str) -> Iterator[RedisProcess]:
    """A server for the time of the block; ``options`` are more arguments of its command line."""
    folder.mkdir(parents=True, exist_ok=True)
    server = RedisProcess(folder, *options)
    server.start()
    try:
        yield server
    finally:
        server.kill()

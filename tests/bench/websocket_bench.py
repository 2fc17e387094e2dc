"""``python -m tests.bench.websocket_bench``: 1 000 websocket clients, beside a bare ``websockets.broadcast``.

Three processes: the server (the real one, or the floor), the clients, and this one, which prints. An event carries
the time at which it was posted; a client process notes when the last of its clients has it (the monotonic clock is
the same for all processes of a machine). Rounds are interleaved; figures are medians.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import IO

import orjson
from websockets.asyncio.server import ServerConnection, broadcast, serve

from platypush.backend.http.websocket import WebsocketServer, WebsocketSettings
from platypush.message.envelope import Principal, Reply
from platypush.message.event.custom import CustomEvent
from tests.bench.report import machine, table

_LATENCY_EVENTS = 15
_PAUSE = 0.2
_PATIENCE = 60.0


def serve_real() -> None:
    """Run the hub's websocket server and post events as this process's input says."""
    server = WebsocketServer(
        WebsocketSettings(host="127.0.0.1", port=0),
        authenticate=lambda _credential, _address: Principal("global_token"),
        handle=lambda envelope: Reply(200, envelope.body),
        generation=lambda: 1,
    )
    server.start()
    _obey(server.port, lambda number: server.notify(CustomEvent("bench", number=number, at=time.monotonic())))
    server.stop()


def serve_floor() -> None:
    """Run a bare ``websockets.broadcast`` server that sends events of the same size."""
    loop = asyncio.new_event_loop()
    clients: set[ServerConnection] = set()

    async def handle(connection: ServerConnection) -> None:
        clients.add(connection)
        await connection.wait_closed()
        clients.discard(connection)

    def post(number: int) -> None:
        text = CustomEvent("bench", number=number, at=time.monotonic()).to_json().decode()
        loop.call_soon_threadsafe(broadcast, clients, text)

    async def main() -> None:
        async with serve(handle, "127.0.0.1", 0, compression=None) as server:
            port: int = next(iter(server.sockets)).getsockname()[1]
            await asyncio.to_thread(_obey, port, post)

    loop.run_until_complete(main())


def _obey(port: int, post: Callable[[int], None]) -> None:
    """Say the port, then post as many events as each line of the input asks for."""
    print(port, flush=True)
    number = 0
    for line in sys.stdin:
        for _ in range(int(line)):
            post(number)
            number += 1


class _Reader(asyncio.Protocol):
    """A client that costs as little as possible, so that the server is what is measured: it speaks just enough of
    RFC 6455 to open, and then looks for ends of events in the bytes."""

    def __init__(self, tally: Tally, opened: asyncio.Future[None]) -> None:
        self._tally = tally
        self._opened = opened
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(
            b"GET /?token=bench HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )

    def data_received(self, data: bytes) -> None:
        if not self._opened.done():
            head, separator, data = data.partition(b"\r\n\r\n")
            assert separator, "the handshake came in pieces"
            assert b" 101 " in head.partition(b"\r\n")[0], head
            self._opened.set_result(None)
        data = self._rest + data
        end = data.rfind(b"}}") + 2
        if end > 1:
            self._tally.add(data.count(b"}}", 0, end), data, end)
        self._rest = data[end:] if end > 1 else data


class Tally:
    """Counts deliveries over all clients; notes when the last one expected is there."""

    def __init__(self) -> None:
        self.expected = 0
        self.got = 0
        self.complete = asyncio.Event()
        self.at = 0.0
        self.last = b""

    def expect(self, deliveries: int) -> None:
        self.expected, self.got = deliveries, 0
        self.complete.clear()

    def add(self, count: int, data: bytes, end: int) -> None:
        self.got += count
        if self.got >= self.expected:
            self.at = time.monotonic()
            self.last = data[:end]
            self.complete.set()

    def posted_at(self) -> float:
        """When the newest event that arrived last was posted."""
        event = self.last[self.last.rfind(b'{"type":"event"') :]
        at: float = orjson.loads(event)["args"]["at"]
        return at


async def run_clients(port: int, count: int) -> None:
    """Connect ``count`` clients; for each line of the input ("N": expect N events) say how long they took."""
    loop = asyncio.get_running_loop()
    tally = Tally()
    for first in range(0, count, 100):
        opened = [loop.create_future() for _ in range(min(100, count - first))]
        await asyncio.gather(
            *(loop.create_connection(partial(_Reader, tally, one), "127.0.0.1", port) for one in opened)
        )
        await asyncio.gather(*opened)
    print("open", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        tally.expect(int(line) * count)
        print("expecting", flush=True)
        try:
            async with asyncio.timeout(_PATIENCE):
                await tally.complete.wait()
            print(f"{tally.at} {tally.posted_at()} {tally.got}", flush=True)
        except TimeoutError:
            print(f"0 0 {tally.got}", flush=True)


@contextmanager
def _child(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.bench.websocket_bench", *arguments]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=30)


def _ask(process: subprocess.Popen[str], text: str) -> None:
    assert process.stdin is not None
    process.stdin.write(text + "\n")
    process.stdin.flush()


def _answer(process: subprocess.Popen[str]) -> str:
    out: IO[str] | None = process.stdout
    assert out is not None
    line = out.readline()
    assert line, "a process of the benchmark ended"
    return line.strip()


def measure(kind: str, clients: int, burst: int) -> tuple[float, float]:
    """Median milliseconds until the last client has an event, and deliveries a second in a burst.

    Raises RuntimeError when an event was lost.
    """
    with _child(kind) as server:
        port = _answer(server)
        with _child("clients", port, str(clients)) as readers:
            assert _answer(readers) == "open"

            def post(events: int) -> tuple[float, float]:
                _ask(readers, str(events))
                assert _answer(readers) == "expecting"
                started = time.monotonic()
                _ask(server, str(events))
                last, posted, got = map(float, _answer(readers).split())
                if got != events * clients:
                    raise RuntimeError(f"{kind}: {got:.0f} of {events * clients} deliveries arrived")
                return last - posted, last - started

            latencies = []
            for _ in range(_LATENCY_EVENTS):
                threading.Event().wait(_PAUSE)
                latencies.append(post(1)[0])
            _, seconds = post(burst)
            return statistics.median(latencies) * 1000, burst * clients / seconds


def run_websocket(rounds: int = 5, clients: int = 1000, burst: int = 200) -> str:
    """A table of the hub's server beside the floor."""
    results: dict[str, list[tuple[float, float]]] = {"hub": [], "floor": []}
    for _ in range(rounds):
        for kind, figures in results.items():
            figures.append(measure(kind, clients, burst))
    rows = []
    medians = {
        kind: tuple(statistics.median(figure[index] for figure in figures) for index in (0, 1))
        for kind, figures in results.items()
    }
    for kind, (latency, rate) in medians.items():
        rows.append((kind, f"{latency:.1f}", f"{rate:.0f}", f"{rate / medians['floor'][1]:.2f}"))
    return table(("server", "last of all clients has an event, ms", "deliveries/s in a burst", "ratio"), rows)


def main() -> None:
    """Run a part when asked to, else the whole comparison."""
    parts: dict[str, Callable[[], None]] = {"hub": serve_real, "floor": serve_floor}
    if len(sys.argv) > 1 and sys.argv[1] in parts:
        parts[sys.argv[1]]()
        return
    if len(sys.argv) > 1 and sys.argv[1] == "clients":
        asyncio.run(run_clients(int(sys.argv[2]), int(sys.argv[3])))
        return
    parser = argparse.ArgumentParser(prog="python -m tests.bench.websocket_bench")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--burst", type=int, default=200, help="events in the burst")
    options = parser.parse_args()
    print(machine())
    print(f"\n{options.clients} clients, burst of {options.burst} events, {options.rounds} rounds\n")
    print(run_websocket(options.rounds, options.clients, options.burst))


if __name__ == "__main__":
    main()

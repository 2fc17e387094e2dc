"""What is particular to the unix socket: peers, greetings, idle connections, a daemon that stood still."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from platypush.bus import server as server_module
from platypush.bus.framing import BUSY, HELLO, REFUSED, decode_request, encode_request
from platypush.bus.unix import UnixBusClient, UnixBusServer
from platypush.errors import BusUnavailable
from platypush.message.envelope import Envelope, Reply

LONG = 30.0


def echo(envelope: Envelope) -> Reply:
    return Reply(body=envelope.body)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < deadline
        threading.Event().wait(0.005)


def greeted(path: Path) -> tuple[socket.socket, bytes]:
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(LONG)
    connection.connect(str(path))
    return connection, connection.recv(len(HELLO))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bus.sock"


@pytest.fixture
def server(path: Path) -> Iterator[UnixBusServer]:
    made = UnixBusServer(path)
    made.start(echo)
    yield made
    made.stop(0)


@pytest.fixture
def client(path: Path) -> Iterator[UnixBusClient]:
    made = UnixBusClient(path, wait=0.2)
    yield made
    made.close()


def test_a_process_of_another_user_is_refused(
    path: Path, client: UnixBusClient, monkeypatch: pytest.MonkeyPatch, server: UnixBusServer
) -> None:
    monkeypatch.setattr(server_module, "peer_user", lambda _: 4242)
    with pytest.raises(BusUnavailable, match="does not serve user id"):
        client.call(Envelope("execute"))
    connection, greeting = greeted(path)
    with connection:
        assert greeting == REFUSED


@pytest.mark.parametrize("rubbish", [b"GET / HTTP/1.1\r\n\r\n" * 9, b"\x00\x00\x00\x02\x00\x00\x00\x00[]", b"\x00"])
def test_rubbish_closes_its_own_connection_only(
    path: Path, server: UnixBusServer, client: UnixBusClient, rubbish: bytes
) -> None:
    assert client.call(Envelope("execute", b"1")).body == b"1"
    connection, _ = greeted(path)
    with connection:
        connection.sendall(rubbish)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass
    assert client.call(Envelope("execute", b"2")).body == b"2"
    until(lambda: server.connections == 1)


def test_more_connections_than_the_daemon_takes_are_told_busy(path: Path, client: UnixBusClient) -> None:
    server = UnixBusServer(path, max_calls=1)
    server.start(echo)
    held = []
    try:
        while True:
            connection, greeting = greeted(path)
            held.append(connection)
            if greeting != HELLO:
                break
        assert greeting == BUSY
        assert client.call(Envelope("execute", request_id="r")).status == 503
    finally:
        for connection in held:
            connection.close()
        server.stop(1)


def test_a_call_whose_caller_hung_up_while_the_daemon_stood_still_does_not_run(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[bytes] = []
    read = threading.Event()
    hung_up = threading.Event()

    def stand_still(header: bytes, body: bytes, waited: float) -> Envelope:
        if body == b"gone":
            read.set()
            assert hung_up.wait(LONG)
        return decode_request(header, body, waited)

    class Stalled(UnixBusServer):
        """A daemon that knows that it stood still."""

        _prompt_until = property(lambda self: 0.0, lambda self, value: None)

    def handler(envelope: Envelope) -> Reply:
        ran.append(envelope.body)
        return Reply()

    monkeypatch.setattr(server_module, "decode_request", stand_still)
    server = Stalled(path)
    server.start(handler)
    try:
        connection, _ = greeted(path)
        with connection:
            for buffer in encode_request(Envelope("execute", b"gone"), 60.0, 1 << 20):
                connection.sendall(buffer)
            assert read.wait(LONG)
        hung_up.set()
        until(lambda: server.connections == 0)
        client = UnixBusClient(path)
        assert client.call(Envelope("execute", b"there")).status == 200
        client.close()
        assert ran == [b"there"]
    finally:
        server.stop(1)


def test_connections_are_kept_and_used_again(server: UnixBusServer, client: UnixBusClient) -> None:
    for _ in range(20):
        client.call(Envelope("execute"))
    assert server.connections == 1


def test_an_idle_connection_is_closed_by_the_daemon_and_replaced_without_a_word(path: Path) -> None:
    server = UnixBusServer(path, idle=0.02)
    server.start(echo)
    client = UnixBusClient(path, wait=0.2)
    try:
        assert client.call(Envelope("execute", b"1")).body == b"1"
        until(lambda: server.connections == 0)
        assert client.call(Envelope("execute", b"2")).body == b"2"
    finally:
        client.close()
        server.stop(1)


def test_a_call_that_crosses_the_closing_of_its_idle_connection_is_answered(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = server_module._shut
    (frame,) = encode_request(Envelope("execute", b"crossing"), 60.0, 1 << 20)

    def shut(connection: socket.socket, how: int) -> None:
        caller.sendall(frame)
        original(connection, how)

    server = UnixBusServer(path, idle=0.02)
    server.start(echo)
    try:
        caller, _ = greeted(path)
        with caller:
            monkeypatch.setattr(server_module, "_shut", shut)
            assert caller.recv(4096).endswith(b"crossing")
            assert caller.recv(4096) == b""
            with pytest.raises(BrokenPipeError):
                caller.sendall(frame)
    finally:
        monkeypatch.undo()
        server.stop(1)


def test_connections_left_over_from_a_burst_are_closed_by_the_client(path: Path) -> None:
    server = UnixBusServer(path, idle=10 * LONG)
    server.start(echo)
    client = UnixBusClient(path, idle=0.0)
    together = threading.Barrier(9)

    def call() -> None:
        together.wait(LONG)
        client.call(Envelope("execute", b"x" * 2_000_000))

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    together.wait(LONG)
    for thread in threads:
        thread.join()
    for _ in range(8):
        client.call(Envelope("execute"))
    until(lambda: server.connections <= 1)
    client.close()
    server.stop(1)


def test_a_forked_process_opens_connections_of_its_own(
    server: UnixBusServer, client: UnixBusClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.call(Envelope("execute"))
    parents = list(client._idle)
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert client.call(Envelope("execute", b"child")).body == b"child"
    assert not set(client._idle) & set(parents)
    until(lambda: server.connections == 1)


def test_what_is_no_daemon_is_named_so(path: Path, client: UnixBusClient) -> None:
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen()

        def answer() -> None:
            with other.accept()[0] as connection:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(BusUnavailable, match="does not speak"):
            client.call(Envelope("execute"))
        thread.join()


def test_a_daemon_that_does_not_greet_has_not_got_the_request(path: Path, client: UnixBusClient) -> None:
    with socket.socket(socket.AF_UNIX) as hung:
        hung.bind(str(path))
        hung.listen()
        with pytest.raises(BusUnavailable, match="not sent"):
            client.call(Envelope("execute"))


@pytest.mark.parametrize("folder_too", [False, True])
def test_a_socket_that_somebody_removed_is_there_again_for_new_connections(tmp_path: Path, folder_too: bool) -> None:
    path = tmp_path / "run" / "bus.sock"
    server = UnixBusServer(path)
    server.start(echo)
    try:
        path.unlink()
        if folder_too:
            path.parent.rmdir()
        until(path.exists)
        client = UnixBusClient(path, wait=5)
        assert client.call(Envelope("execute", b"hello")).body == b"hello"
        client.close()
    finally:
        server.stop(1)
    assert not path.exists()


def test_a_stop_removes_the_socket_for_good(path: Path) -> None:
    for _ in range(20):
        server = UnixBusServer(path)
        server.start(echo)
        path.unlink()
        server.stop(1)
        assert not path.exists()


def test_calls_wait_for_a_core_instead_of_taking_one(path: Path, client: UnixBusClient) -> None:
    policies: list[int] = []

    def handle(envelope: Envelope) -> Reply:
        policies.append(os.sched_getscheduler(0))
        return Reply()

    server = UnixBusServer(path)
    server.start(handle)
    client.call(Envelope("execute"))
    server.stop(1)
    assert policies == [os.SCHED_BATCH]
    assert os.sched_getscheduler(0) == os.SCHED_OTHER


def test_a_hub_that_may_not_choose_its_scheduling_serves(
    path: Path, client: UnixBusClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", refuse)
    server = UnixBusServer(path)
    server.start(echo)
    assert client.call(Envelope("execute", b"hello")).body == b"hello"
    server.stop(1)

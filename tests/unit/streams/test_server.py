"""The daemon's side and the worker's side, over a real socket."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from platypush.errors import BusUnavailable, Busy, NotFound, Unavailable
from platypush.message import decode
from platypush.message.envelope import LOCAL, Principal
from platypush.streams import EndOfStream, Source, StreamRequest
from platypush.streams.broadcast import Broadcast
from platypush.streams.client import Stream, StreamClient, StreamRefused
from platypush.streams.server import StreamServer
from platypush.user.policy import authorise
from tests.running.waiting import open_descriptors, until

NAME = "camera.test"


def missing(name: str) -> None:
    if name == "camera.broken":
        raise Unavailable("It has no lens.")


@pytest.fixture
def broadcast() -> Broadcast:
    return Broadcast(max_viewers=20)


@pytest.fixture
def server(tmp_path: Path, broadcast: Broadcast) -> Iterator[StreamServer]:
    threads, descriptors = threading.active_count(), len(open_descriptors())
    made = StreamServer(
        tmp_path / "streams.sock",
        authorise=authorise,
        missing=missing,
        max_viewers=30,
        send_timeout=0.5,
        heartbeat=0.1,
    )
    made.offer(NAME, lambda _: broadcast.viewer())
    made.start()
    yield made
    made.stop()
    until(lambda: threading.active_count() <= threads)
    until(lambda: len(open_descriptors()) <= descriptors)
    assert not (tmp_path / "streams.sock").exists()


@pytest.fixture
def client(server: StreamServer, tmp_path: Path) -> StreamClient:
    assert server.viewers == 0
    return StreamClient(tmp_path / "streams.sock")


@pytest.fixture
def stream(client: StreamClient, broadcast: Broadcast) -> Iterator[Stream]:
    """A stream that has given its first item."""
    with feeding(broadcast):
        opened = client.open(StreamRequest(stream=NAME, principal=LOCAL))
    while opened.next() is None:
        continue
    yield opened
    opened.close()


class feeding:  # noqa: N801 - reads as the statement it makes
    """Publishes items for the time of the block."""

    def __init__(self, broadcast: Broadcast, item: bytes = b"item") -> None:
        self._broadcast, self._item = broadcast, item
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._feed)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _feed(self) -> None:
        while not self._over.wait(0.005):
            self._broadcast.publish(self._item)


def refusal(client: StreamClient, request: StreamRequest) -> tuple[int, str]:
    with pytest.raises(StreamRefused) as refused:
        client.open(request)
    return refused.value.reply.status, decode(refused.value.reply.body)["error"]["message"]


def ends(stream: Stream) -> bool:
    try:
        while True:
            stream.next()
    except EndOfStream:
        return True


def next_item(stream: Stream) -> bytes:
    while (item := stream.next()) is None:
        continue
    return item


def test_the_socket_is_for_this_user_only(server: StreamServer, tmp_path: Path) -> None:
    assert server.viewers == 0
    assert (tmp_path / "streams.sock").stat().st_mode & 0o777 == 0o600


def test_a_viewer_gets_items_and_signs_of_life_between_them(stream: Stream, broadcast: Broadcast) -> None:
    while stream.next() is not None:
        continue
    assert stream.content_type == "image/jpeg"
    broadcast.publish(b"x" * 300_000)
    assert next_item(stream) == b"x" * 300_000


def test_who_leaves_is_noticed_though_there_is_nothing_to_send(
    stream: Stream, server: StreamServer, broadcast: Broadcast
) -> None:
    assert server.viewers == broadcast.viewers == 1
    stream.close()
    until(lambda: server.viewers == broadcast.viewers == 0)


def test_who_takes_nothing_is_let_go_and_others_get_theirs(
    stream: Stream, client: StreamClient, server: StreamServer, broadcast: Broadcast
) -> None:
    with feeding(broadcast, b"x" * 100_000):
        other = client.open(StreamRequest(stream=NAME, principal=LOCAL))
        began = time.monotonic()
        while server.viewers == 2:
            next_item(other)
            assert time.monotonic() - began < 20
        assert next_item(other)
    other.close()
    assert ends(stream)


def test_a_single_item_ends_its_stream(client: StreamClient, server: StreamServer, broadcast: Broadcast) -> None:
    with feeding(broadcast):
        opened = client.open(StreamRequest(stream=NAME, principal=LOCAL, single=True))
    assert opened.next() == b"item"
    with pytest.raises(EndOfStream):
        opened.next()
    opened.close()
    until(lambda: server.viewers == 0)


def test_the_one_policy_decides_who_sees_what(client: StreamClient, broadcast: Broadcast) -> None:
    assert refusal(client, StreamRequest(stream=NAME))[0] == 401
    lamp = Principal("api_token", "owner", "1", ("light.*", "camera:other"))
    assert refusal(client, StreamRequest(stream=NAME, principal=lamp))[0] == 403
    door = Principal("api_token", "owner", "2", ("camera:test",))
    with feeding(broadcast):
        client.open(StreamRequest(stream=NAME, principal=door)).close()


def test_what_nobody_offers_is_refused_with_the_reason(client: StreamClient) -> None:
    assert refusal(client, StreamRequest(stream="camera.none", principal=LOCAL))[0] == 404
    assert refusal(client, StreamRequest(stream="camera.broken", principal=LOCAL)) == (503, "It has no lens.")


def test_an_item_that_does_not_come_in_time_is_a_time_limit(client: StreamClient) -> None:
    status, text = refusal(client, StreamRequest(stream=NAME, principal=LOCAL, time_left=0.1))
    assert status == 504
    assert NAME in text


def test_a_source_that_fails_before_its_first_item_says_why(client: StreamClient, server: StreamServer) -> None:
    class Broken:
        content_type = "image/jpeg"

        def next(self, seconds: float) -> bytes | None:
            raise Unavailable(f"Nothing within {seconds} s.")

        def close(self) -> None:
            """Nothing is held."""

    server.offer("camera.other", lambda _: Broken())
    assert refusal(client, StreamRequest(stream="camera.other", principal=LOCAL))[0] == 503


def test_a_plugin_that_raises_anything_else_is_an_error_of_the_hub(
    client: StreamClient, server: StreamServer, caplog: pytest.LogCaptureFixture
) -> None:
    def opener(_: StreamRequest) -> Source:
        raise ZeroDivisionError

    class Odd:
        content_type = "image/jpeg"

        def next(self, seconds: float) -> bytes | None:
            raise ZeroDivisionError(seconds)

        def close(self) -> None:
            """Nothing is held."""

    server.offer("camera.other", opener)
    assert refusal(client, StreamRequest(stream="camera.other", principal=LOCAL))[0] == 500
    server.offer("camera.other", lambda _: Odd())
    assert refusal(client, StreamRequest(stream="camera.other", principal=LOCAL))[0] == 500
    assert caplog.text.count("ZeroDivisionError") >= 2
    until(lambda: server.viewers == 0)


def test_an_offer_that_is_taken_back_ends_its_streams(
    stream: Stream, client: StreamClient, server: StreamServer
) -> None:
    server.withdraw(NAME)
    assert ends(stream)
    assert refusal(client, StreamRequest(stream=NAME, principal=LOCAL))[0] == 404


def test_another_offer_of_the_same_name_sends_viewers_away(
    stream: Stream, server: StreamServer, broadcast: Broadcast
) -> None:
    server.offer(NAME, lambda _: broadcast.viewer())
    assert ends(stream)


def test_viewers_are_sent_away_for_a_while_and_single_items_are_still_given(
    stream: Stream, client: StreamClient, server: StreamServer, broadcast: Broadcast
) -> None:
    with server.sending_away(), feeding(broadcast):
        assert ends(stream)
        single = client.open(StreamRequest(stream=NAME, principal=LOCAL, single=True))
        assert single.next() == b"item"
        single.close()


def test_one_connection_too_many_is_told_so(client: StreamClient, server: StreamServer, tmp_path: Path) -> None:
    held = []
    for _ in range(30):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.connect(os.fspath(tmp_path / "streams.sock"))
        held.append(connection)
    until(lambda: server.viewers == 30)
    status, text = refusal(client, StreamRequest(stream=NAME, principal=LOCAL))
    assert (status, "limit" in text) == (503, True)
    for connection in held:
        connection.close()
    until(lambda: server.viewers == 0)


@pytest.mark.parametrize("line", [b"\n", b"{}\n", b"x" * 70_000])
def test_rubbish_ends_its_own_connection_only(server: StreamServer, tmp_path: Path, line: bytes) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(20)
        connection.connect(os.fspath(tmp_path / "streams.sock"))
        try:
            connection.sendall(line)
            while connection.recv(65_536):
                continue
        except ConnectionError:
            pass
    until(lambda: server.viewers == 0)


def test_a_stranger_is_turned_away(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    server = StreamServer(tmp_path / "streams.sock", authorise=authorise)
    server._allowed = frozenset()
    server.start()
    status, _ = refusal(StreamClient(tmp_path / "streams.sock"), StreamRequest(stream=NAME, principal=LOCAL))
    server.stop()
    assert status == 403
    assert "Refused" in caplog.text


def test_a_socket_that_somebody_removes_is_there_again(
    client: StreamClient, server: StreamServer, broadcast: Broadcast, tmp_path: Path
) -> None:
    (tmp_path / "streams.sock").unlink()
    until((tmp_path / "streams.sock").exists)
    with feeding(broadcast):
        client.open(StreamRequest(stream=NAME, principal=LOCAL)).close()
    until(lambda: server.viewers == 0)


def test_a_daemon_that_is_away_is_503_at_once(tmp_path: Path) -> None:
    with pytest.raises(BusUnavailable):
        StreamClient(tmp_path / "none.sock").open(StreamRequest(stream=NAME))


def test_a_daemon_that_stops_ends_its_streams(stream: Stream, server: StreamServer, client: StreamClient) -> None:
    server.stop()
    server.stop()
    assert ends(stream)
    with pytest.raises(BusUnavailable):
        client.open(StreamRequest(stream=NAME))


def test_a_source_that_is_full_says_so(client: StreamClient, server: StreamServer) -> None:
    def opener(request: StreamRequest) -> Source:
        raise NotFound if request.args else Busy

    server.offer("camera.other", opener)
    assert refusal(client, StreamRequest(stream="camera.other", principal=LOCAL))[0] == 503
    assert refusal(client, StreamRequest(stream="camera.other", principal=LOCAL, args={"x": "y"}))[0] == 404

"""Probes, statistics, addresses for people."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from platypush.backend.http._urls import served_port, urls_of
from platypush.backend.http.addresses import Listener, Protocol, TcpAddress, UnixAddress
from platypush.backend.http.readiness import answers, http_request, parse_status, uwsgi_request
from platypush.backend.http.stats import parse_stats, read_stats, workers_of


def test_the_uwsgi_packet_has_its_size_and_its_variables() -> None:
    packet = uwsgi_request("/health")
    assert (packet[0], packet[3]) == (0, 0)
    assert int.from_bytes(packet[1:3], "little") == len(packet) - 4
    assert b"\x09\x00PATH_INFO\x07\x00/health" in packet


def test_the_http_request_asks_for_the_end_of_the_connection() -> None:
    assert http_request("/health").startswith(b"GET /health HTTP/1.0\r\nHost: localhost\r\n")


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (b"HTTP/1.1 200 OK\r\n", 200),
        (b"HTTP/1.0 404", 404),
        (b"", None),
        (b"SSH-2.0 x\r\n", None),
        (b"HTTP/1.1 x\r\n", None),
    ],
)
def test_a_status_is_read_or_there_is_none(answer: bytes, status: int | None) -> None:
    assert parse_status(answer) == status


@contextmanager
def replies(answer: bytes) -> Iterator[Listener]:
    """A server that gives the same answer to each connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def run() -> None:
            try:
                while True:
                    connection, _ = server.accept()
                    with connection:
                        connection.recv(4096)
                        connection.sendall(answer)
            except OSError:
                return

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield Listener(address=TcpAddress("", server.getsockname()[1]), protocol=Protocol.HTTP)
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join(5)


@pytest.mark.parametrize(
    ("status", "there"), [(200, True), (401, True), (412, True), (503, True), (500, False), (502, False)]
)
def test_whatever_the_application_says_it_is_there(status: int, there: bool) -> None:
    with replies(f"HTTP/1.1 {status} X\r\n\r\n".encode()) as listener:
        assert answers(listener, 5) is there


def test_an_empty_answer_is_none() -> None:
    with replies(b"") as listener:
        assert not answers(listener, 5)


def test_nobody_there_is_no_answer(tmp_path: Path) -> None:
    assert not answers(Listener(address=UnixAddress(str(tmp_path / "x")), protocol=Protocol.UWSGI), 1)


def test_a_socket_of_an_unknown_kind_is_not_asked() -> None:
    assert not answers(Listener(address=TcpAddress("", 1), protocol=Protocol.OTHER), 1)


def test_the_statistics_list_the_workers_that_exist() -> None:
    worker = {"id": 1, "pid": 10, "accepting": 1, "status": "idle", "requests": 3, "respawn_count": 1}
    stats = {"workers": [worker, {**worker, "id": 2, "pid": 0}, {**worker, "id": 3, "status": "cheap"}]}
    assert [found.pid for found in workers_of(parse_stats(json.dumps(stats).encode()))] == [10]
    assert workers_of(None) == ()


@pytest.mark.parametrize("data", [b"", b"[]", b"{"])
def test_statistics_that_are_none_are_none(data: bytes) -> None:
    assert parse_stats(data) is None


def test_a_stats_server_that_is_away_is_none(tmp_path: Path) -> None:
    assert read_stats(UnixAddress(str(tmp_path / "x")), 1) is None


def listener(host: str, port: int, protocol: Protocol = Protocol.HTTP) -> Listener:
    return Listener(address=TcpAddress(host, port), protocol=protocol)


def test_urls_name_what_a_browser_can_open() -> None:
    listeners = [
        listener("", 8008),
        listener("::1", 80),
        listener("hub.lan", 8443, Protocol.HTTPS),
        listener("", 3031, Protocol.UWSGI),
        Listener(address=UnixAddress("/x"), protocol=Protocol.HTTP),
    ]
    assert urls_of(listeners, "https://hub.example.org") == (
        "https://hub.example.org/",
        "http://localhost:8008/",
        "http://[::1]/",
        "https://hub.lan:8443/",
    )


def test_the_port_of_the_arguments_counts_for_the_workers() -> None:
    assert served_port([listener("", 3031, Protocol.UWSGI), listener("", 9000)]) == 9000
    assert served_port([listener("", 3031, Protocol.UWSGI)]) is None

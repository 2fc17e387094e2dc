"""What nginx answers while the hub is away, slow or silent; and other ways to be in front of it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.nginx.conftest import fill
from tests.running.deaths import workers_of
from tests.running.hub import Hub
from tests.running.nginx import Front, running_front, running_site

pytestmark = pytest.mark.live

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Sec-Fetch-Mode": "navigate"}
EXECUTE = json.dumps({"type": "request", "action": "config.get_device_id"})
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def away(tmp_path: Path) -> Iterator[Front]:
    """nginx before a socket on which nobody listens."""
    photos = fill(tmp_path / "files")
    with running_front(tmp_path, http=f"  resource_dirs:\n    photos: {photos}\n") as (hub, front):
        assert front.request("GET", "/resources/photos/a.bin", headers=hub.token).status == 200
        os.kill(hub.pid, signal.SIGTERM)
        wait_until_gone(hub)
        yield front


def wait_until_gone(hub: Hub) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", hub.port), 1):
            threading.Event().wait(0.05)
            continue
        return


def test_while_the_hub_is_away_programs_get_503_in_the_one_shape_and_browsers_a_page(away: Front) -> None:
    for method, path in [("POST", "/execute"), ("GET", "/hook/x"), ("GET", "/nothing"), ("GET", "/ws/events")]:
        answer = away.request(method, path, EXECUTE if method == "POST" else "", JSON)
        assert answer.status == 503, path
        error = answer.json()["error"]
        assert error["code"] == "unavailable"
        assert error["request_id"] == answer.headers["x-request-id"]
        assert int(answer.headers["retry-after"]) > 0
        assert answer.headers["cache-control"] == "no-store"
    for path in ("/", "/login", "/resources/photos/none.bin"):
        page = away.request("GET", path, headers=BROWSER)
        assert page.status == 503
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert page.headers["x-request-id"].encode() in page.body
        assert int(page.headers["retry-after"]) > 0
        assert b"The hub is away" in page.body
    assert away.request("GET", "/assets/app.css").status == 200
    # Nobody can say any more who may read it.
    file = away.request("GET", "/resources/photos/a.bin", headers={"X-Token": "whatever"})
    assert (file.status, file.json()["error"]["code"]) == (503, "unavailable")


@contextlib.contextmanager
def application(path: Path, *, answer: bytes | None) -> Iterator[None]:
    """What stands for the application: it takes each request, and closes the connection or keeps silent."""
    stop = threading.Event()
    held: list[socket.socket] = []

    def serve() -> None:
        while not stop.is_set():
            try:
                connection, _ = server.accept()
            except OSError:
                return
            connection.recv(65_536)
            if answer is None:
                held.append(connection)
            else:
                connection.sendall(answer)
                connection.close()

    server = socket.socket(socket.AF_UNIX)
    with server:
        server.bind(str(path))
        server.listen(16)
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield
        stop.set()
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)
    for connection in held:
        connection.close()


@pytest.fixture
def pretended(tmp_path: Path) -> Hub:
    """A hub that is only configured: nginx may wait for a second."""
    config = tmp_path / "config.yaml"
    config.write_text("limits:\n  action_time: 0.2\n  nginx_read_timeout: 1\n  harakiri: 20\n")
    return Hub(1, 1, 0, config, tmp_path / "work", tmp_path / "log", 0)


def test_a_request_that_was_lost_on_the_way_back_says_that_it_may_have_run(tmp_path: Path, pretended: Hub) -> None:
    path = tmp_path / "app.sock"
    with application(path, answer=b""), running_site(tmp_path / "nginx", pretended, path) as front:
        answer = front.request("POST", "/execute", EXECUTE, JSON)
    assert (answer.status, answer.json()["error"]["code"]) == (503, "answer_lost")
    assert "may have run" in answer.json()["error"]["message"]


def test_an_application_that_keeps_silent_is_a_504(tmp_path: Path, pretended: Hub) -> None:
    path = tmp_path / "app.sock"
    with application(path, answer=None), running_site(tmp_path / "nginx", pretended, path) as front:
        answer = front.request("POST", "/execute", EXECUTE, JSON)
        page = front.request("GET", "/", headers=BROWSER)
    assert (answer.status, answer.json()["error"]["code"]) == (504, "time_limit")
    assert page.status == 504
    assert b"No answer in time" in page.body


def test_a_killed_worker_costs_its_own_requests_only(tmp_path: Path) -> None:
    with running_front(tmp_path) as (hub, front):
        for pid in workers_of(hub):
            os.kill(pid, signal.SIGKILL)
            deadline = time.monotonic() + 10
            while front.request("POST", "/execute", EXECUTE, {**JSON, **hub.token}).status != 200:
                assert time.monotonic() < deadline


def test_a_client_that_sends_slowly_holds_up_nobody(tmp_path: Path) -> None:
    with running_front(tmp_path) as (hub, front), contextlib.ExitStack() as stack:
        slow = [stack.enter_context(front.connect()) for _ in range(50)]
        for connection in slow:
            connection.sendall(b"POST /execute HTTP/1.1\r\nHost: hub.test\r\nContent-Length: 100000\r\n\r\n{")
        for _ in range(20):
            assert front.request("POST", "/execute", EXECUTE, {**JSON, **hub.token}).status == 200
        for connection in slow:
            connection.sendall(b" ")


def test_a_large_answer_for_a_slow_reader_arrives_whole(tmp_path: Path) -> None:
    photos = tmp_path / "files"
    photos.mkdir()
    content = os.urandom(8 * 1024 * 1024)
    (photos / "big").write_bytes(content)
    with running_front(tmp_path, http=f"  resource_dirs:\n    photos: {photos}\n") as (hub, front):
        token = hub.token["X-Token"].encode()
        with front.connect() as connection:
            connection.sendall(
                b"GET /resources/photos/big HTTP/1.1\r\nHost: hub.test\r\nX-Token: %s\r\nConnection: close\r\n\r\n"
                % token
            )
            received = b""
            while part := connection.recv(64_000):
                received += part
                threading.Event().wait(0.001)
    assert received.partition(b"\r\n\r\n")[2] == content

"""``backend.websocket``: the documented section, in a whole hub."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.reference import configuration
from tests.running.certificates import Authority
from tests.running.hub import Hub, running_hub
from tests.running.processes import free_port
from tests.running.waiting import until

pytestmark = pytest.mark.live


def section(port: int) -> str:
    return configuration("websocket", {"8765": str(port)})


@contextlib.contextmanager
def client(hub: Hub, port: int, **options: Any) -> Iterator[ClientConnection]:
    options.setdefault("additional_headers", hub.token)
    with connect(f"ws://127.0.0.1:{port}/", proxy=None, **options) as connection:
        yield connection


def ask(connection: ClientConnection, **message: Any) -> Any:
    connection.send(json.dumps({"type": "request", "id": "1", **message}))
    while True:
        answer = json.loads(connection.recv(timeout=20))
        if answer.get("id") == "1":
            return answer


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Hub, int]]:
    port = free_port()
    with running_hub(tmp_path_factory.mktemp("hub"), config=section(port)) as hub:
        yield hub, port


def test_a_request_is_answered_and_events_arrive(place: tuple[Hub, int]) -> None:
    hub, port = place
    with client(hub, port) as connection:
        assert ask(connection, action="config.get_device_id")["response"] == {"output": "tests", "errors": []}
        event = {"type": "event", "args": {"type": "platypush.message.event.custom.CustomEvent", "subtype": "bell"}}
        assert hub.request("POST", "/execute", json.dumps(event), hub.token).status == 200
        arrived = json.loads(connection.recv(timeout=20))
        assert (arrived["type"], arrived["args"]["subtype"]) == ("event", "bell")


@pytest.mark.parametrize("headers", [{}, {"X-Token": "wrong"}, {"Authorization": "Bearer x"}])
def test_nobody_is_let_in_without_a_valid_credential(place: tuple[Hub, int], headers: dict[str, str]) -> None:
    with pytest.raises(InvalidStatus) as refused, client(*place, additional_headers=headers):
        raise AssertionError("let in")
    assert refused.value.response.status_code == 401


def test_the_port_is_taken_as_soon_as_it_is_free_with_one_line_each_way(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with running_hub(tmp_path, config=section(port)) as hub:
            until(lambda: "cannot listen" in hub.command("status", check=False), 20)
            taken.close()

            def answers() -> bool:
                with contextlib.suppress(OSError), client(hub, port) as connection:
                    return bool(ask(connection, action="config.get_device_id"))
                return False

            until(answers, 10)
            log = hub.log.read_text()
            assert (log.count("backend.websocket is away"), log.count("backend.websocket is back")) == (1, 1)
            assert "cannot listen" not in hub.command("status", check=False)


def test_it_speaks_tls_with_a_certificate(tmp_path: Path) -> None:
    port = free_port()
    authority = Authority.make(tmp_path / "ca")
    issued = authority.issue("localhost")
    tls = f"    ssl_cert: {issued.cert}\n    ssl_key: {issued.key}\n"
    with (
        running_hub(tmp_path / "hub", config=section(port) + tls) as hub,
        connect(
            f"wss://localhost:{port}/", ssl=authority.context(), proxy=None, additional_headers=hub.token
        ) as connection,
    ):
        assert ask(connection, action="config.get_device_id")["response"]["output"] == "tests"

"""A websocket socket that systemd holds: the hub serves on it, and it outlives the hub."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from websockets.sync.client import ClientConnection, connect, unix_connect

from tests.running.hub import GLOBAL_TOKEN, ROOT, HubFolder, hub_folder
from tests.running.processes import run_group, wait_for

pytestmark = pytest.mark.live

TOKEN = {"X-Token": GLOBAL_TOKEN}
# As systemd does it: the socket is descriptor 3, and LISTEN_PID is the process that is started.
START = 'export LISTEN_PID=$$; held=$1; shift; exec "$@" 3<&"$held"'


@contextmanager
def running(folder: HubFolder, held: socket.socket) -> Iterator[None]:
    """The hub of ``folder``, which got the listening socket ``held`` for its websocket."""
    fd = held.fileno()
    env = {**os.environ, "PYTHONPATH": str(ROOT), "LISTEN_FDS": "1", "LISTEN_FDNAMES": "websocket"}
    argv = ["bash", "-c", START, "start", str(fd), *folder.argv("run")]
    with run_group(argv, env=env, log=folder.log, pass_fds=(fd,)) as hub:
        wait_for(folder.port, "/health", process=hub)
        yield


def exchange(client: ClientConnection) -> object:
    """What an action sent over ``client`` gives."""
    client.send(json.dumps({"type": "request", "id": "1", "action": "config.get_device_id"}))
    while True:
        answer = json.loads(client.recv(timeout=20))
        if answer.get("id") == "1":
            return answer["response"]["output"]


def told_port(folder: HubFolder) -> int:
    """The port of the websocket, as workers tell it; 0: below the address of the web service."""
    settings = json.loads((folder.workdir / "run" / "web.json").read_text())
    return int(settings["websocket_port"])


def test_over_a_unix_socket_clients_wait_for_the_next_hub_instead_of_being_refused(tmp_path: Path) -> None:
    folder = hub_folder(tmp_path / "hub")
    path = str(tmp_path / "websocket.sock")
    with socket.socket(socket.AF_UNIX) as held:
        held.bind(path)
        held.listen(16)
        with running(folder, held):
            with unix_connect(path, "ws://localhost/ws/events", additional_headers=TOKEN) as client:
                assert exchange(client) == "tests"
            assert told_port(folder) == 0
        seen: list[object] = []

        def wait() -> None:
            with unix_connect(path, "ws://localhost/", additional_headers=TOKEN, open_timeout=60) as client:
                seen.append(exchange(client))

        waiting = threading.Thread(target=wait)
        waiting.start()
        with running(folder, held):
            waiting.join(60)
    assert seen == ["tests"]


def test_over_tcp_the_port_is_the_sockets_whatever_the_configuration_says(tmp_path: Path) -> None:
    folder = hub_folder(tmp_path / "hub")
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        with running(folder, held):
            with connect(f"ws://127.0.0.1:{port}/", additional_headers=TOKEN) as client:
                assert exchange(client) == "tests"
            assert told_port(folder) == port
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", folder.websocket_port))

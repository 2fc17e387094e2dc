"""A websocket server on a real port with users and actions of its own, and what tests ask its clients."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from platypush.backend.http.websocket import WebsocketServer, WebsocketSettings
from platypush.errors import ActionFailed, NotAuthenticated, RegistrationRequired, StorageFailed
from platypush.message.envelope import Envelope, Principal, Reply
from platypush.message.event.custom import CustomEvent
from platypush.user.credentials import Credential

__all__ = ["BASIC", "LONG", "RIGHT", "Hub", "Users", "closed", "receive", "refused", "subtype", "until"]

LONG = 30.0
BASIC = "Basic " + base64.b64encode(b"ann:pw").decode()
RIGHT = {"right", BASIC.partition(" ")[2]}


class Users:
    """Knows the credential ``right``, one restricted token, and whatever a test adds or takes away."""

    def __init__(self) -> None:
        self.generation = 1
        self.registered = True
        self.broken = False
        self.addresses: list[str] = []
        self.known: dict[str, Principal] = {value: Principal("jwt", "ann") for value in RIGHT}
        self.known["restricted"] = Principal("api_token", "ann", "7", ("light.*", "events:light.*"))

    def authenticate(self, credential: Credential | None, address: str) -> Principal:
        self.addresses.append(address)
        if not self.registered:
            raise RegistrationRequired
        if self.broken:
            raise StorageFailed
        if credential is None or credential.value not in self.known:
            raise NotAuthenticated
        return self.known[credential.value]

    def revoke(self, value: str, *, tell: bool = True) -> None:
        del self.known[value]
        self.generation += tell


class Hub:
    """A websocket server with users and actions of its own."""

    def __init__(self) -> None:
        self.users = Users()
        self.ran: list[Envelope] = []
        self.gate = threading.Event()
        self._stack = ExitStack()
        self.server: WebsocketServer
        self.scheme = "ws"

    def start(self, **settings: Any) -> None:
        self.server = WebsocketServer(
            WebsocketSettings(host="127.0.0.1", port=0, **settings),
            authenticate=self.users.authenticate,
            handle=self.handle,
            generation=lambda: self.users.generation,
        )
        self.server.start()
        self._stack.callback(self.server.stop)

    def handle(self, envelope: Envelope) -> Reply:
        self.ran.append(envelope)
        action = json.loads(envelope.body).get("action")
        if action == "test.wait":
            assert self.gate.wait(LONG)
        if action == "test.break":
            raise ActionFailed("a broken handler")
        return Reply(200, envelope.body)

    def client(self, path: str = "/?token=right", **options: Any) -> ClientConnection:
        options.setdefault("max_size", None)
        url = f"{self.scheme}://127.0.0.1:{self.server.port}{path}"
        client: ClientConnection = self._stack.enter_context(connect(url, open_timeout=LONG, **options))
        return client

    def post(self, subtype: str, **args: Any) -> None:
        self.server.notify(CustomEvent(subtype, **args))

    def end(self) -> None:
        self.gate.set()
        self._stack.close()


def receive(client: ClientConnection) -> Any:
    return json.loads(client.recv(timeout=LONG))


def subtype(client: ClientConnection) -> str:
    text: str = receive(client)["args"]["subtype"]
    return text


def closed(client: ClientConnection) -> tuple[int, str]:
    """The code and reason with which the server closes; what comes before is read over."""
    with suppress(ConnectionClosed):
        while True:
            client.recv(timeout=LONG)
    assert client.close_code is not None
    return client.close_code, client.close_reason or ""


def refused(hub: Hub, path: str = "/", **options: Any) -> tuple[int, str]:
    with pytest.raises(InvalidStatus) as caught:
        hub.client(path, **options)
    response = caught.value.response
    return response.status_code, json.loads(response.body or b"")["error"]["code"]


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < deadline
        threading.Event().wait(0.005)

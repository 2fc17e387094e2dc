"""The websocket through nginx."""

from __future__ import annotations

import json

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.nginx.conftest import Place
from tests.nginx.test_resources import new_session

pytestmark = pytest.mark.live


def opened(place: Place, headers: dict[str, str], origin: str | None = None) -> ClientConnection:
    """A websocket by way of nginx, over a connection that speaks TLS already."""
    sock = place.front.connect()
    address = f"ws://hub.test:{place.front.port}/ws/events"
    return connect(address, sock=sock, additional_headers=headers, origin=origin)  # type: ignore[arg-type]


def test_a_client_runs_actions_and_hears_of_events(place: Place) -> None:
    with opened(place, place.hub.token) as client:
        client.send(json.dumps({"type": "request", "id": "1", "action": "config.get_device_id"}))
        answer = json.loads(client.recv(10))
        assert answer["response"]["output"] == "tests"
        event = {"type": "event", "args": {"type": "platypush.message.event.custom.CustomEvent", "subtype": "s"}}
        body = json.dumps(event)
        place.front.request("POST", "/execute", body, {**place.hub.token, "Content-Type": "application/json"})
        assert json.loads(client.recv(10))["args"]["subtype"] == "s"


def test_strangers_and_pages_of_other_sites_are_refused(place: Place) -> None:
    with pytest.raises(InvalidStatus) as nobody:
        opened(place, {})
    assert nobody.value.response.status_code == 401
    cookie = {"Cookie": new_session(place.hub)}
    with pytest.raises(InvalidStatus) as foreign:
        opened(place, cookie, "https://evil.test")
    assert foreign.value.response.status_code == 403
    with opened(place, cookie, f"https://hub.test:{place.front.port}") as client:
        client.ping().wait(10)

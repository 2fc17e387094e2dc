"""Messages of clients and their answers, without a socket."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from platypush.backend.http.websocket_requests import Exchange, answer
from platypush.bus.replies import error_reply
from platypush.errors import Forbidden, NotAuthenticated
from platypush.message.envelope import Envelope, Principal, Reply
from platypush.user.credentials import Credential

TOKEN = Credential("token", "t", "x-token")
ANN = Principal("jwt", "ann")


class Hub:
    """Answers with the body it gets and remembers the envelopes."""

    def __init__(self, reply: Reply | None = None, refuse: bool = False) -> None:
        self.envelopes: list[Envelope] = []
        self.filters: list[tuple[str, ...] | None] = []
        self._reply = reply
        self._refuse = refuse

    def authenticate(self, credential: Credential | None, address: str) -> Principal:
        if self._refuse or (credential, address) != (TOKEN, "10.0.0.9"):
            raise NotAuthenticated
        return ANN

    def handle(self, envelope: Envelope) -> Reply:
        self.envelopes.append(envelope)
        return self._reply or Reply(200, envelope.body)

    def answer(self, raw: str | bytes, *, time_left: float = 60, is_open: bool = True) -> Any:
        exchange = Exchange(
            raw, TOKEN, "10.0.0.9", time.monotonic() + time_left, lambda: is_open, self.filters.append, "r1"
        )
        data = answer(exchange, self.authenticate, self.handle)
        return None if data is None else json.loads(data)


def test_a_request_runs_as_the_connections_principal_and_its_response_goes_back_as_it_is() -> None:
    hub = Hub(Reply(200, b'{"type":"response","id":"q","response":{"output":1,"errors":[]}}'))
    assert hub.answer('{"type":"request","id":"q","action":"a.b"}')["response"] == {"output": 1, "errors": []}
    (envelope,) = hub.envelopes
    assert (envelope.kind, envelope.principal, envelope.request_id) == ("execute", ANN, "r1")
    assert envelope.body == b'{"type":"request","id":"q","action":"a.b"}'
    assert 59 < envelope.time_left <= 60
    assert dict(envelope.meta) == {"origin": "websocket"}


def test_a_posted_event_is_acknowledged() -> None:
    hub = Hub(Reply(200, b"{}"))
    assert hub.answer(b'{"type":"event","id":7,"args":{"type":"custom.CustomEvent"}}') == {"type": "posted", "id": 7}
    assert len(hub.envelopes) == 1


def test_a_failure_comes_back_in_the_one_shape_with_the_messages_id() -> None:
    hub = Hub(error_reply(Forbidden("No."), "r1"))
    assert hub.answer('{"type":"request","id":"q","action":"a.b"}') == {
        "type": "error",
        "id": "q",
        "error": {"code": "forbidden", "message": "No.", "request_id": "r1"},
    }


@pytest.mark.parametrize(
    "raw", ["", "rubbish", "[]", "7", "null", "{}", '{"type":"response"}', '{"type":["request"]}', b"\xff\xfe", b"\x00"]
)
def test_rubbish_gets_an_error_and_runs_nothing(raw: str | bytes) -> None:
    hub = Hub()
    assert hub.answer(raw)["error"]["code"] == "bad_request"
    assert hub.envelopes == []


def test_a_filter_is_set_and_taken_away() -> None:
    hub = Hub()
    assert hub.answer('{"type":"subscribe","id":1,"events":["light.*"]}')["events"] == ["light.*"]
    assert hub.answer('{"type":"subscribe"}')["events"] is None
    assert hub.filters == [("light.*",), None]


@pytest.mark.parametrize("events", ["light.*", {}, [1], 7])
def test_a_filter_that_is_none_gets_an_error(events: object) -> None:
    hub = Hub()
    assert hub.answer(json.dumps({"type": "subscribe", "events": events}))["error"]["code"] == "bad_request"
    assert hub.filters == []


def test_a_request_of_a_revoked_credential_does_not_run() -> None:
    hub = Hub(refuse=True)
    assert hub.answer('{"type":"request","id":1,"action":"a.b"}')["error"]["code"] == "unauthorized"
    assert hub.envelopes == []


def test_a_request_whose_time_is_over_does_not_run() -> None:
    hub = Hub()
    assert hub.answer('{"type":"request","action":"a.b"}', time_left=-1)["error"]["code"] == "time_limit"
    assert hub.envelopes == []


def test_a_request_whose_client_is_gone_does_not_run() -> None:
    hub = Hub()
    assert hub.answer('{"type":"request","action":"a.b"}', is_open=False) is None
    assert hub.envelopes == []

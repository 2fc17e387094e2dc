"""Every message is authorised and run at one place."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import pytest

from platypush._lib.calls import current_call
from platypush.dispatch import Dispatcher
from platypush.errors import Busy, Forbidden
from platypush.message import decode, encode
from platypush.message.envelope import LOCAL, Envelope, Principal, Reply
from platypush.message.event import Event
from platypush.message.event.custom import CustomEvent
from platypush.message.request import Request
from platypush.message.response import Response

OWNER = Principal("session", "owner", "1")
LIGHTS_ONLY = Principal("api_token", "owner", "2", ("light.*",))


class FakeRunner:
    """Records what it is given."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.events: list[Event] = []
        self.request_ids: list[str] = []

    def run_request(self, request: Request) -> Response:
        self.requests.append(request)
        call = current_call()
        self.request_ids.append(call.request_id if call else "")
        return Response(output={"echo": request.args})

    def read_event(self, data: Mapping[str, Any]) -> Event:
        return CustomEvent(data["args"]["subtype"])

    def post_event(self, event: Event) -> None:
        self.events.append(event)

    def run_webhook(self, envelope: Envelope) -> Reply:
        if envelope.name == "refuse":
            raise Forbidden("Unauthorized")
        if envelope.name == "broken":
            raise ValueError("secret detail")
        return Reply(201, b"hooked")


@pytest.fixture
def runner() -> FakeRunner:
    return FakeRunner()


@pytest.fixture
def dispatcher(runner: FakeRunner) -> Dispatcher:
    def busy(_: Any) -> Any:
        raise Busy(retry_after=3)

    control = {"status": lambda body: {"got": body}, "metrics": lambda _: "a 1\n", "busy": busy}
    return Dispatcher(runner, control, device_id="dev")


def request(principal: Principal | None = OWNER, **data: Any) -> Envelope:
    message = {"type": "request", "action": "light.hue.toggle", **data}
    return Envelope("execute", encode(message), principal=principal, request_id="r1")


def error_of(reply: Reply) -> Any:
    body = decode(reply.body)
    assert body["error"]["request_id"] == "r1"
    return body["error"]


def test_a_request_runs_once_and_its_response_names_it(dispatcher: Dispatcher, runner: FakeRunner) -> None:
    reply = dispatcher.handle(request(id="abc", args={"lights": ["1"]}))
    assert reply.status == 200
    body = decode(reply.body)
    assert (body["id"], body["target"], body["origin"]) == ("abc", "http", "dev")
    assert body["response"] == {"output": {"echo": {"lights": ["1"]}}, "errors": []}
    assert len(runner.requests) == 1


def test_a_message_without_an_id_has_that_of_its_request(dispatcher: Dispatcher) -> None:
    assert decode(dispatcher.handle(request()).body)["id"] == "r1"


def test_what_runs_knows_the_id_of_its_request(dispatcher: Dispatcher, runner: FakeRunner) -> None:
    dispatcher.handle(request())
    assert runner.request_ids == ["r1"]


def test_the_origin_is_said_by_the_transport_and_never_by_the_message(
    dispatcher: Dispatcher, runner: FakeRunner
) -> None:
    dispatcher.handle(request(origin="forged"))
    assert runner.requests[0].origin == "http"


def test_nobody_runs_nothing(dispatcher: Dispatcher, runner: FakeRunner) -> None:
    reply = dispatcher.handle(request(None))
    assert reply.status == 401
    assert error_of(reply)["code"] == "unauthorized"
    assert not runner.requests


@pytest.mark.parametrize(("action", "status"), [("light.hue.toggle", 200), ("shell.exec", 403), ("lighthouse.on", 403)])
def test_a_restricted_token_runs_what_its_list_allows(dispatcher: Dispatcher, action: str, status: int) -> None:
    assert dispatcher.handle(request(LIGHTS_ONLY, action=action)).status == status


@pytest.mark.parametrize(
    ("body", "reason"),
    [(b"{", "not JSON"), (b"[]", "list"), (b"{}", "None"), (b'{"type":"response"}', "response"), (b'"x"', "str")],
)
def test_what_is_no_message_is_refused_with_the_reason(dispatcher: Dispatcher, body: bytes, reason: str) -> None:
    reply = dispatcher.handle(Envelope("execute", body, principal=OWNER, request_id="r1"))
    assert reply.status == 400
    assert reason in error_of(reply)["message"]


def test_an_event_is_posted_and_answered_with_an_empty_object(dispatcher: Dispatcher, runner: FakeRunner) -> None:
    body = encode({"type": "event", "args": {"type": "custom.CustomEvent", "subtype": "bell"}})
    reply = dispatcher.handle(Envelope("execute", body, principal=OWNER))
    assert (reply.status, reply.body) == (200, b"{}")
    assert runner.events[0].subtype == "bell"


def test_a_restricted_token_posts_no_events(dispatcher: Dispatcher, runner: FakeRunner) -> None:
    body = encode({"type": "event", "args": {"type": "custom.CustomEvent", "subtype": "bell"}})
    assert dispatcher.handle(Envelope("execute", body, principal=LIGHTS_ONLY)).status == 403
    assert not runner.events


def test_hooks_are_open(dispatcher: Dispatcher) -> None:
    assert dispatcher.handle(Envelope("hook", name="x")) == Reply(201, b"hooked")


def test_a_hook_that_refuses_answers_with_its_status_and_text(dispatcher: Dispatcher) -> None:
    reply = dispatcher.handle(Envelope("hook", name="refuse", request_id="r1"))
    assert reply.status == 403
    assert error_of(reply)["message"] == "Unauthorized"


def test_an_unexpected_failure_tells_the_log_and_not_the_caller(
    dispatcher: Dispatcher, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        reply = dispatcher.handle(Envelope("hook", name="broken", request_id="r1"))
    assert reply.status == 500
    assert b"secret detail" not in reply.body
    assert "secret detail" in caplog.text


def test_control_answers_json_or_text(dispatcher: Dispatcher) -> None:
    status = dispatcher.handle(Envelope("control", b'{"a":1}', "status", LOCAL))
    assert decode(status.body) == {"got": {"a": 1}}
    metrics = dispatcher.handle(Envelope("control", name="metrics", principal=LOCAL))
    assert (metrics.body, dict(metrics.headers)["Content-Type"]) == (b"a 1\n", "text/plain; charset=utf-8")


def test_control_is_not_for_strangers_nor_restricted_tokens(dispatcher: Dispatcher) -> None:
    assert dispatcher.handle(Envelope("control", name="status")).status == 401
    assert dispatcher.handle(Envelope("control", name="status", principal=LIGHTS_ONLY)).status == 403


def test_an_unknown_operation_gets_a_suggestion(dispatcher: Dispatcher) -> None:
    reply = dispatcher.handle(Envelope("control", name="statsu", principal=LOCAL, request_id="r1"))
    assert reply.status == 404
    assert "'status'" in error_of(reply)["message"]


def test_an_error_says_when_to_come_back(dispatcher: Dispatcher) -> None:
    reply = dispatcher.handle(Envelope("control", name="busy", principal=LOCAL))
    assert reply.status == 503
    assert dict(reply.headers)["Retry-After"] == "3"


def test_an_unknown_kind_of_envelope_is_refused(dispatcher: Dispatcher) -> None:
    assert dispatcher.handle(Envelope("telepathy", request_id="r1")).status == 400

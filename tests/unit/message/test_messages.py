"""Requests, responses and events on the wire."""

from __future__ import annotations

from typing import Any

import pytest

from platypush.errors import BadRequest
from platypush.message import decode
from platypush.message.envelope import LOCAL, Principal
from platypush.message.event import Event
from platypush.message.event.custom import CustomEvent
from platypush.message.event.http.hook import WebhookEvent
from platypush.message.headers import Headers
from platypush.message.request import Request
from platypush.message.response import Response


def test_a_request_reads_its_fields_and_evaluates_nothing() -> None:
    request = Request.from_dict({"action": "tts.say", "args": {"text": "${1 + 1}"}, "id": "abc", "target": "localhost"})
    assert request.args == {"text": "${1 + 1}"}
    assert (request.id, request.target) == ("abc", "localhost")


@pytest.mark.parametrize(
    ("args", "read"), [(None, {}), ({}, {}), ([1, 2], [1, 2]), ("text", ["text"]), (0, [0]), ("7", ["7"])]
)
def test_arguments_are_named_positional_or_one_value(args: Any, read: Any) -> None:
    assert Request.from_dict({"action": "a.b", "args": args}).args == read


@pytest.mark.parametrize("action", [None, "", "say", 7, ".", ["a.b"], ".say."])
def test_a_request_without_an_action_is_refused_with_an_example(action: Any) -> None:
    with pytest.raises(BadRequest, match=r"tts\.say"):
        Request.from_dict({"action": action})


def test_a_request_without_an_id_gets_one() -> None:
    first, second = (Request.from_dict({"action": "a.b", "id": missing}) for missing in (None, ""))
    assert first.id != second.id
    assert len(first.id) == 32
    assert Request.from_dict({"action": "a.b"}, "given").id == "given"


def test_a_response_has_the_fields_that_clients_read() -> None:
    wire = decode(Response(id="abc", target="http", origin="dev", output={"a": 1}).to_json())
    assert wire.pop("_timestamp") > 0
    assert wire == {
        "id": "abc",
        "type": "response",
        "target": "http",
        "origin": "dev",
        "response": {"output": {"a": 1}, "errors": []},
        "_logging_level": 20,
    }


def test_a_response_without_output_says_null() -> None:
    assert decode(Response().to_json())["response"] == {"output": None, "errors": []}


def test_an_event_has_the_fields_that_clients_read() -> None:
    event = CustomEvent("doorbell", who="me")
    wire = decode(event.to_json())
    assert wire["type"] == "event"
    assert len(wire["id"]) == 32
    assert wire["args"] == {
        "type": "platypush.message.event.custom.CustomEvent",
        "subtype": "doorbell",
        "who": "me",
    }


def test_an_event_gives_its_arguments_as_attributes() -> None:
    event = CustomEvent("doorbell", who="me")
    assert event.who == "me"
    with pytest.raises(AttributeError, match="whom"):
        _ = event.whom


class Confidential(Event):
    """An event with an argument that stays inside."""

    private_args = frozenset({"pin"})


def test_private_arguments_never_reach_the_wire() -> None:
    event = Confidential(pin="1234", door="front")
    assert event.pin == "1234"
    assert "1234" not in str(event)


def test_a_webhook_event_ignores_case_in_headers_and_keeps_credentials_off_the_wire() -> None:
    event = WebhookEvent(
        hook="x", method="GET", args={"q": "1"}, headers={"X-Token": "s3cret", "Cookie": "s3cret", "X-Other": "b"}
    )
    assert event.headers.get("x-token") == "s3cret"
    assert event.args["args"] == {"q": "1"}
    wire = decode(event.to_json())
    assert wire["args"]["headers"] == {"X-Other": "b"}
    assert "s3cret" not in str(event)


def test_headers_are_a_mapping_that_ignores_case() -> None:
    headers = Headers({"Content-Type": "a", "X-A": "b"})
    assert headers["content-TYPE"] == "a"
    assert "x-a" in headers
    assert dict(headers) == {"Content-Type": "a", "X-A": "b"}
    assert len(headers) == 2
    assert "b" not in repr(headers)


def test_a_principal_survives_the_wire() -> None:
    for principal in (LOCAL, Principal("api_token", "fabio", "7", ("light.*",))):
        assert Principal.from_list(principal.to_list()) == principal

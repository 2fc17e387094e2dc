"""What a hook returns, as HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest

from platypush.event.answers import answer_of
from platypush.event.webhook import body_data, webhook_event
from platypush.message.envelope import Envelope
from platypush.message.event.http.hook import WebhookEvent
from platypush.message.response import Response

JSON, TEXT, BINARY = "application/json", "text/plain; charset=utf-8", "application/octet-stream"


def event(**kwargs: Any) -> WebhookEvent:
    return WebhookEvent(hook="h", method="GET", **kwargs)


@pytest.mark.parametrize(
    ("value", "status", "content_type", "body"),
    [
        ({"a": 1}, 200, JSON, b'{"a":1}'),
        ([1, 2], 200, JSON, b"[1,2]"),
        (3, 200, JSON, b"3"),
        (False, 200, JSON, b"false"),
        ("<b>7</b>", 200, TEXT, b"<b>7</b>"),
        ("7", 200, TEXT, b"7"),
        ('{"a": 1}', 200, TEXT, b'{"a": 1}'),
        (b"\x00\x01", 200, BINARY, b"\x00\x01"),
        (b"<html>", 200, BINARY, b"<html>"),
        (b"\x89PNG\r\n\x1a\nxx", 200, "image/png", b"\x89PNG\r\n\x1a\nxx"),
        (("a", 201), 201, TEXT, b"a"),
        (({"a": 1}, 202, {"Content-Type": "application/x"}), 202, "application/x", b'{"a":1}'),
        (("a", "b"), 200, JSON, b'["a","b"]'),
        ((1, 2), 200, JSON, b"[1,2]"),
        (("a", True), 200, JSON, b'["a",true]'),
        ((None, 204), 204, None, b""),
    ],
)
def test_a_return_value_becomes_an_answer(value: Any, status: int, content_type: str | None, body: bytes) -> None:
    reply = answer_of(value, event())
    assert (reply.status, dict(reply.headers).get("Content-Type"), reply.body) == (status, content_type, body)


def test_an_actions_response_is_sent_as_on_execute() -> None:
    assert json.loads(answer_of(Response(output=4), event()).body)["response"] == {"output": 4, "errors": []}


def test_the_default_body_tells_the_request_without_its_credentials() -> None:
    request = event(args={"q": "1"}, data={"x": 2}, headers={"X-Token": "secret", "Accept": "*/*"})
    reply = answer_of(None, request)
    assert json.loads(reply.body) == {
        "status": "ok",
        "hook": "h",
        "method": "GET",
        "args": {"q": "1"},
        "data": {"x": 2},
        "headers": {"Accept": "*/*"},
    }
    assert answer_of((None, 201, {}), request) == type(reply)(201, reply.body, reply.headers)


@pytest.mark.parametrize(
    "headers", [{"X-A": "b\r\nSet-Cookie: c"}, {"X A": "b"}, {"X-A\n": "b"}, {"X": "\u20ac"}, {3: "b"}]
)
def test_a_header_that_would_break_the_answer_is_refused(headers: Any) -> None:
    with pytest.raises(ValueError, match="header"):
        answer_of(("a", 200, headers), event())


def test_headers_may_repeat_and_those_of_the_server_are_left_to_it() -> None:
    given = {"Set-Cookie": ["a=1", "b=2"], "Content-Length": "5", "X-Accel-Redirect": "/etc", "X-Sendfile": "/etc"}
    assert answer_of(("a", 200, given), event()).headers == (
        ("Content-Type", TEXT),
        ("Set-Cookie", "a=1"),
        ("Set-Cookie", "b=2"),
    )


@pytest.mark.parametrize(
    ("body", "content_type", "data"),
    [
        (b"", "application/json", None),
        (b'{"a": 1}', "application/json", {"a": 1}),
        (b'{"a": 1}', "application/x-www-form-urlencoded", {"a": 1}),
        (b"a=1&b=2&a=3&c=", "application/x-www-form-urlencoded; charset=utf-8", {"a": "1", "b": "2", "c": ""}),
        (b"hello", "text/plain", "hello"),
        (b"\xff\xfe", "text/plain", b"\xff\xfe"),
        (b"--x\r\n", "multipart/form-data; boundary=x", b"--x\r\n"),
    ],
)
def test_a_body_is_read_by_what_it_is(body: bytes, content_type: str, data: Any) -> None:
    assert body_data(body, content_type) == data


def test_an_envelope_becomes_the_event() -> None:
    meta = {"method": "post", "args": {"q": "1"}, "headers": {"content-type": "text/plain", "X-Token": "t"}}
    made = webhook_event(Envelope("hook", b"hi", "bell", meta=meta))
    assert (made.hook, made.method, made.args["args"], made.data) == ("bell", "POST", {"q": "1"}, "hi")
    assert made.headers.get("x-token") == "t"

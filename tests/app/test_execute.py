"""POST /execute, by way of the front and as Flask's own view: the same cases, the same answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from platypush.backend.http.app.exchange import Exchange
from platypush.backend.http.app.state import web_of
from platypush.config.model import Limits
from platypush.errors import AnswerLost, BusUnavailable, Busy, TimeLimit
from platypush.message.envelope import Reply
from platypush.user.service import Users
from tests.app.conftest import NAME, STRANGER, Owner
from tests.app.fakes import JSON, FakeBus, response

REQUEST = {"type": "request", "action": "tts.say", "args": {"text": "hello"}}
Post = Callable[..., TestResponse]


def without_front(app: Flask) -> Callable[..., Any]:
    """Flask's own dispatch, with the exchange that the front would have attached."""
    front: Any = app.wsgi_app
    inner: Callable[..., Any] = front._flask

    def call(environ: dict[str, Any], start_response: Any) -> Any:
        Exchange("f" * 32, web_of(app).clients.resolve(environ)).attach(environ)
        return inner(environ, start_response)

    return call


@pytest.fixture(params=["front", "flask"])
def post(request: pytest.FixtureRequest, make_app: Callable[..., Flask]) -> Post:
    def post(body: Any = REQUEST, *, limits: Limits | None = None, **kwargs: Any) -> TestResponse:
        app = make_app(limits=limits or Limits(request_body=1000))
        client = Client(app.wsgi_app if request.param == "front" else without_front(app), use_cookies=False)
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        kwargs.setdefault("content_type", "application/json")
        return client.post("/execute", data=data, environ_base=STRANGER, **kwargs)

    return post


def code(response: TestResponse) -> str:
    error = json.loads(response.data)["error"]
    assert error["message"]
    assert error["request_id"]
    return str(error["code"])


def test_the_daemons_bytes_reach_the_caller_as_they_are(post: Post, owner: Owner, bus: FakeBus) -> None:
    bus.answer(Reply(200, b'{"odd" :  "spacing"}', JSON))
    answer = post(headers=owner.bearer())
    assert (answer.status_code, answer.data) == (200, b'{"odd" :  "spacing"}')
    assert answer.headers["Content-Type"] == "application/json"


def test_the_callers_bytes_reach_the_daemon_as_they_are(post: Post, owner: Owner, bus: FakeBus) -> None:
    raw = b' {"type":"request","action":"tts.say","args":{"text":"${1+1}"}} '
    post(raw, headers=owner.bearer())
    assert bus.last.body == raw
    assert bus.last.principal is not None
    assert bus.last.principal.user == "alice"
    assert bus.last.time_left == 60


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "text/plain", None])
def test_a_token_works_with_any_content_type(post: Post, owner: Owner, content_type: str | None) -> None:
    assert post(headers=owner.bearer(), content_type=content_type).status_code == 200


def test_a_failed_action_is_a_200_with_errors(post: Post, owner: Owner, bus: FakeBus) -> None:
    bus.answer(Reply(200, response(errors=("no such voice",)), JSON))
    answer = post(headers=owner.bearer())
    assert answer.status_code == 200
    assert json.loads(answer.data)["response"]["errors"] == ["no such voice"]


def test_an_event_is_posted(post: Post, owner: Owner, bus: FakeBus) -> None:
    answer = post(
        {"type": "event", "args": {"type": "platypush.message.event.custom.CustomEvent"}}, headers=owner.bearer()
    )
    assert (answer.status_code, answer.data) == (200, b"{}")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b"7",
        b"{}",
        b'{"type":"response"}',
        b'{"type":"request"}',
        b'{"type":"request","action":5}',
    ],
)
def test_what_is_no_message_is_a_400_and_never_sent(post: Post, owner: Owner, bus: FakeBus, body: bytes) -> None:
    answer = post(body, headers=owner.bearer())
    assert (answer.status_code, code(answer)) == (400, "bad_request")
    assert not bus.envelopes


def test_a_stranger_gets_401_with_a_challenge_and_never_a_redirect(post: Post, owner: Owner, bus: FakeBus) -> None:
    answer = post(headers={"Accept": "*/*"})
    assert (answer.status_code, code(answer)) == (401, "unauthorized")
    assert answer.headers.getlist("WWW-Authenticate")[0].startswith("Basic ")
    assert not bus.envelopes


def test_with_no_user_registered_the_answer_is_412(post: Post) -> None:
    answer = post()
    assert (answer.status_code, code(answer)) == (412, "registration_required")


def test_a_cookie_with_json_from_our_own_page_works(post: Post, owner: Owner) -> None:
    headers = {"Cookie": f"session_token={owner.session}", "Sec-Fetch-Site": "same-origin"}
    assert post(headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("content_type", "extra"),
    [
        ("text/plain", {}),
        ("application/x-www-form-urlencoded", {"Origin": "http://localhost"}),
        ("multipart/form-data; boundary=x", {"Sec-Fetch-Site": "same-origin"}),
        ("application/json", {"Sec-Fetch-Site": "cross-site"}),
        (None, {}),
    ],
)
def test_a_cookie_with_anything_but_json_of_our_own_is_refused(
    post: Post, owner: Owner, bus: FakeBus, content_type: str | None, extra: dict[str, str]
) -> None:
    answer = post(headers={"Cookie": f"session_token={owner.session}", **extra}, content_type=content_type)
    assert (answer.status_code, code(answer)) == (403, "forbidden")
    assert not bus.envelopes


def test_basic_typed_into_a_browser_is_no_use_to_a_foreign_page(post: Post, owner: Owner, bus: FakeBus) -> None:
    headers = {"Authorization": f"Basic {owner.basic}", "Sec-Fetch-Site": "cross-site"}
    assert post(headers=headers, content_type="text/plain").status_code == 403
    assert not bus.envelopes


def test_a_restricted_token_runs_what_it_allows_and_nothing_else(post: Post, owner: Owner, bus: FakeBus) -> None:
    headers = owner.bearer(owner.restricted)
    assert post({"type": "request", "action": "light.on"}, headers=headers).status_code == 200
    refused = [
        {"type": "request", "action": "tts.say"},
        {"type": "request", "action": "user.create_user"},
        {"type": "event", "args": {"type": "x"}},
    ]
    for message in refused:
        answer = post(message, headers=headers)
        assert (answer.status_code, code(answer)) == (403, "forbidden")
    assert len(bus.envelopes) == 1


def test_what_a_restricted_token_was_refused_is_in_the_audit_trail(post: Post, owner: Owner, users: Users) -> None:
    post({"type": "request", "action": "tts.say"}, headers=owner.bearer(owner.restricted))
    entry = users.trail.latest(1)[0]
    assert (entry.kind, entry.user) == ("forbidden", NAME)
    assert entry.details["permission"] == "action:tts.say"


def test_a_body_over_the_limit_is_a_413(post: Post, owner: Owner, bus: FakeBus) -> None:
    answer = post(b"x" * 1001, headers=owner.bearer())
    assert (answer.status_code, code(answer)) == (413, "too_large")
    assert not bus.envelopes


def test_a_body_of_unknown_length_over_the_limit_is_a_413(post: Post, owner: Owner) -> None:
    answer = post(
        b"",
        headers={**owner.bearer(), "Transfer-Encoding": "chunked"},
        input_stream=BytesIO(b"x" * 5000),
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert (answer.status_code, code(answer)) == (413, "too_large")


def test_a_body_that_ends_early_is_a_400(post: Post, owner: Owner) -> None:
    answer = post(b"{}", headers=owner.bearer(), environ_overrides={"CONTENT_LENGTH": "500"})
    assert (answer.status_code, code(answer)) == (400, "bad_request")


class BrokenStream(BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        raise OSError("connection reset by peer")


def test_a_client_that_goes_away_while_it_sends_is_a_400(post: Post, owner: Owner, bus: FakeBus) -> None:
    answer = post(headers=owner.bearer(), environ_overrides={"CONTENT_LENGTH": "10", "wsgi.input": BrokenStream()})
    assert (answer.status_code, code(answer)) == (400, "bad_request")
    assert not bus.envelopes


@pytest.mark.parametrize(
    ("error", "status", "retry"),
    [
        (BusUnavailable(), 503, True),
        (AnswerLost(), 503, True),
        (Busy(), 503, True),
        (TimeLimit(), 504, False),
    ],
)
def test_a_daemon_that_does_not_answer_gives_a_clear_error(
    post: Post, owner: Owner, bus: FakeBus, error: Any, status: int, retry: bool
) -> None:
    bus.fail(error)
    answer = post(headers=owner.bearer())
    assert (answer.status_code, code(answer)) == (status, error.code)
    assert ("Retry-After" in answer.headers) is retry


def test_the_time_limits_text_says_that_the_action_may_still_run(post: Post, owner: Owner, bus: FakeBus) -> None:
    bus.fail(TimeLimit())
    assert b"may still be running" in post(headers=owner.bearer()).data


def test_a_failure_nobody_foresaw_is_a_500_without_details(
    post: Post, owner: Owner, bus: FakeBus, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: object) -> Reply:
        raise ZeroDivisionError("secret internals")

    bus.handler = broken
    answer = post(headers=owner.bearer())
    assert (answer.status_code, code(answer)) == (500, "internal_error")
    assert b"secret internals" not in answer.data
    assert "secret internals" in caplog.text


def test_an_answer_carries_the_headers_that_every_route_has(post: Post, owner: Owner) -> None:
    headers = post(headers=owner.bearer()).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert "frame-ancestors" in headers["Content-Security-Policy"]
    assert "Strict-Transport-Security" not in headers


def test_front_and_flask_give_the_same_headers(make_app: Callable[..., Flask], owner: Owner) -> None:
    app = make_app()
    shown = []
    for wsgi in (app.wsgi_app, without_front(app)):
        answer = Client(wsgi, use_cookies=False).post(
            "/execute", json=REQUEST, headers=owner.bearer(), environ_base=STRANGER
        )
        shown.append({name: value for name, value in answer.headers if name != "X-Request-Id"})
    assert shown[0] == shown[1]


def test_other_methods_are_a_405_that_names_the_right_one(make_app: Callable[..., Flask], owner: Owner) -> None:
    answer = make_app().test_client().get("/execute", headers=owner.bearer())
    assert (answer.status_code, code(answer)) == (405, "method_not_allowed")
    assert "POST" in answer.headers["Allow"]

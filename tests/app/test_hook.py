"""/hook/<name>."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from werkzeug.http import parse_options_header

from platypush.errors import BusUnavailable, TimeLimit
from platypush.message.envelope import Reply
from tests.app.fakes import JSON, FakeBus


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
def test_every_method_reaches_the_hook_without_a_credential(client: FlaskClient, bus: FakeBus, method: str) -> None:
    answer = client.open("/hook/lights_toggle?room=a&room=b&x=", method=method, headers={"X-Token": "abc"})
    assert answer.status_code == 200
    assert (bus.last.kind, bus.last.name, bus.last.principal) == ("hook", "lights_toggle", None)
    assert bus.last.meta["method"] == method
    assert bus.last.meta["args"] == {"room": "a", "x": ""}
    assert bus.last.meta["headers"]["X-Token"] == "abc"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"\xff\xfe\x00raw", "application/octet-stream"),
        (b"a=1&b=2", "application/x-www-form-urlencoded"),
        (b'--x\r\nContent-Disposition: form-data; name="f"\r\n\r\nv\r\n--x--\r\n', "multipart/form-data; boundary=x"),
        (b'{"n": 1}', "application/json"),
    ],
)
def test_the_body_crosses_raw(client: FlaskClient, bus: FakeBus, body: bytes, content_type: str) -> None:
    client.post("/hook/x", data=body, content_type=content_type)
    assert bus.last.body == body
    assert parse_options_header(bus.last.meta["headers"]["Content-Type"])[0] == content_type.split(";")[0]


def test_status_headers_and_body_are_the_hooks_own(client: FlaskClient, bus: FakeBus) -> None:
    bus.answer(Reply(418, b"<b>tea</b>", (("Content-Type", "text/html"), ("X-Pot", "1"), ("Set-Cookie", "a=b"))))
    answer = client.get("/hook/x")
    assert (answer.status_code, answer.data, answer.content_type) == (418, b"<b>tea</b>", "text/html")
    assert (answer.headers["X-Pot"], answer.headers["Set-Cookie"]) == ("1", "a=b")


def test_a_hooks_page_runs_as_a_foreign_origin_unless_the_hook_says_otherwise(
    client: FlaskClient, bus: FakeBus
) -> None:
    bus.answer(Reply(200, b"<script>x</script>", (("Content-Type", "text/html"),)))
    policy = client.get("/hook/x").headers["Content-Security-Policy"]
    assert policy.startswith("sandbox")
    assert "allow-same-origin" not in policy
    bus.answer(Reply(200, b"", (("Content-Security-Policy", "default-src 'self'"),)))
    assert client.get("/hook/x").headers.getlist("Content-Security-Policy") == ["default-src 'self'"]


@pytest.mark.parametrize(
    "name",
    [
        "X-Accel-Redirect",
        "x-accel-buffering",
        "Connection",
        "Transfer-Encoding",
        "Server",
        "Date",
        "Upgrade",
        "Trailer",
    ],
)
def test_headers_that_are_not_the_hooks_business_are_left_out(client: FlaskClient, bus: FakeBus, name: str) -> None:
    bus.answer(Reply(200, b"ok", ((name, "/_resources/photos/secret.jpg"), ("X-Other", "1"))))
    answer = client.get("/hook/x")
    assert name not in answer.headers
    assert answer.headers["X-Other"] == "1"


def test_a_hook_can_neither_set_our_session_nor_the_length(client: FlaskClient, bus: FakeBus) -> None:
    bus.answer(Reply(200, b"four", (("Set-Cookie", "session_token=evil; Path=/"), ("Content-Length", "99"))))
    answer = client.get("/hook/x")
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Content-Length"] == "4"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-A", "a\r\nSet-Cookie: x=y"),
        ("X-A", "a\nb"),
        ("X-A\r\nX-B", "1"),
        ("X A", "1"),
        ("", "1"),
        ("X-A", "a\0b"),
        ("X-A", "☃"),
    ],
)
def test_a_header_that_would_break_out_is_refused(client: FlaskClient, bus: FakeBus, name: str, value: str) -> None:
    bus.answer(Reply(200, b"secret", ((name, value),)))
    answer = client.get("/hook/x")
    assert answer.status_code == 500
    assert b"secret" not in answer.data
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("status", [0, 99, 100, 101, 600, -1])
def test_a_status_that_is_none_is_refused(client: FlaskClient, bus: FakeBus, status: int) -> None:
    bus.answer(Reply(status, b""))
    assert client.get("/hook/x").status_code == 500


def test_the_daemons_404_reaches_the_caller(client: FlaskClient, bus: FakeBus) -> None:
    bus.answer(Reply(404, b'{"error":{"code":"not_found","message":"no such hook"}}', JSON))
    answer = client.get("/hook/unknown")
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (404, "not_found")


def test_a_daemon_that_is_away_is_a_503_and_a_late_hook_a_504(client: FlaskClient, bus: FakeBus) -> None:
    bus.fail(BusUnavailable("Cannot be reached (/srv/platypush/bus.sock).", retry_after=7))
    away = client.post("/hook/x")
    assert (away.status_code, away.headers["Retry-After"]) == (503, "7")
    assert "/srv" not in away.text
    bus.fail(TimeLimit())
    assert client.post("/hook/x").status_code == 504


def test_a_body_over_the_limit_is_a_413(client: FlaskClient, bus: FakeBus) -> None:
    answer = client.post("/hook/x", data=b"", environ_overrides={"CONTENT_LENGTH": str(17 * 1024 * 1024)})
    assert answer.status_code == 413
    assert not bus.envelopes


def test_a_name_is_one_segment(client: FlaskClient, bus: FakeBus) -> None:
    assert client.get("/hook/a/b").status_code == 404
    assert client.get("/hook/").status_code == 404
    assert not bus.envelopes


def test_it_works_before_anybody_is_registered(client: FlaskClient) -> None:
    assert client.post("/hook/x", data=b"hi").data == b"hi"

"""Who the client is and which id a request has, as the application sees it; and the access log."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from platypush._lib.calls import current_call
from platypush.backend.http.app import access_log
from platypush.backend.http.app.access_log import LOGGER
from platypush.errors import BusUnavailable, ConfigurationError
from tests.app.conftest import Owner
from tests.app.fakes import FakeBus

ID = "0123456789abcdef-given"


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    level, propagate = LOGGER.level, LOGGER.propagate
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False
    LOGGER.addHandler(caplog.handler)
    yield lambda: [json.loads(r.getMessage()) for r in caplog.records if r.name == LOGGER.name]
    LOGGER.removeHandler(caplog.handler)
    LOGGER.setLevel(level)
    LOGGER.propagate = propagate


def test_a_strangers_request_id_is_not_taken_over(client: FlaskClient, bus: FakeBus) -> None:
    answer = client.get("/hook/x", headers={"X-Request-Id": ID})
    assert answer.headers["X-Request-Id"] != ID
    assert bus.last.request_id == answer.headers["X-Request-Id"]


def test_a_trusted_proxys_request_id_goes_all_the_way(make_app: Callable[..., Flask], bus: FakeBus) -> None:
    client = make_app(trusted_proxies=("10.0.0.0/8",)).test_client()
    answer = client.get("/hook/x", headers={"X-Request-Id": ID}, environ_base={"REMOTE_ADDR": "10.1.2.3"})
    assert answer.headers["X-Request-Id"] == bus.last.request_id == ID


def test_nginxs_own_variable_is_believed_and_nonsense_is_not(client: FlaskClient) -> None:
    assert client.get("/health", environ_overrides={"REQUEST_ID": ID}).headers["X-Request-Id"] == ID
    for wrong in ("x", "a b" * 5, "é" * 12, "a" * 65, "evil\n12345678"):
        assert client.get("/health", environ_overrides={"REQUEST_ID": wrong}).headers["X-Request-Id"] != wrong


def test_a_line_that_a_request_leaves_names_it(
    app: Flask, client: FlaskClient, owner: Owner, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[str | None] = []

    def view() -> str:
        call = current_call()
        seen.append(call.request_id if call else None)
        return ""

    app.add_url_rule("/seen", "seen", view)
    answer = client.get("/seen", headers=owner.bearer())
    assert seen == [answer.headers["X-Request-Id"]]
    assert current_call() is None


def test_a_request_is_one_line_with_who_and_what(
    lines: Callable[[], list[dict[str, Any]]], client: FlaskClient, owner: Owner
) -> None:
    answer = client.post("/execute", json={"type": "request", "action": "a.b"}, headers=owner.bearer())
    (line,) = lines()
    assert line["request_id"] == answer.headers["X-Request-Id"]
    assert (line["client"], line["method"], line["path"], line["status"]) == ("203.0.113.9", "POST", "/execute", 200)
    assert (line["user"], line["by"]) == ("alice", "jwt")


def test_no_secret_of_a_query_is_in_the_log(
    lines: Callable[[], list[dict[str, Any]]], client: FlaskClient, owner: Owner
) -> None:
    client.get(f"/api/bootstrap?token={owner.jwt}&a=b")
    client.get(f"/api/bootstrap?x=1&session_token={owner.session}")
    client.get("/resources/photos/x?expires=1&signature=secretsignature")
    text = json.dumps(lines())
    assert owner.jwt not in text
    assert owner.session not in text
    assert "secretsignature" not in text
    assert "a=b" in text


def test_a_break_in_the_path_makes_no_second_line(
    lines: Callable[[], list[dict[str, Any]]], client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    client.get("/x%0a%7b%22status%22:200%7d")
    assert len(lines()) == 1
    assert all("\n" not in record.getMessage() for record in caplog.records if record.name == LOGGER.name)


@pytest.fixture
def configured() -> Iterator[Callable[[bool], None]]:
    """Configures the log of requests as a worker does, until the test ends."""
    handlers, level, propagate = list(LOGGER.handlers), LOGGER.level, LOGGER.propagate
    yield lambda all_requests: access_log.configure(all_requests=all_requests)
    LOGGER.handlers, LOGGER.propagate = handlers, propagate
    LOGGER.setLevel(level)


@pytest.mark.parametrize(("all_requests", "statuses"), [(True, [200, 401, 503]), (False, [503])])
def test_only_failures_of_the_hub_leave_a_line_unless_all_requests_shall(
    configured: Callable[[bool], None],
    all_requests: bool,
    statuses: list[int],
    capsys: pytest.CaptureFixture[str],
    client: FlaskClient,
    bus: FakeBus,
    owner: Owner,
) -> None:
    configured(all_requests)
    client.get("/health")
    client.post("/execute", json={})
    bus.fail(BusUnavailable())
    client.post("/execute", json={"type": "request", "action": "a.b"}, headers=owner.bearer())
    assert [json.loads(line)["status"] for line in capsys.readouterr().err.splitlines()] == statuses


def test_a_trusted_proxy_that_is_no_address_stops_the_start(make_app: Callable[..., Flask]) -> None:
    with pytest.raises(ConfigurationError, match="trusted_proxies"):
        make_app(trusted_proxies=("nginx.local",))

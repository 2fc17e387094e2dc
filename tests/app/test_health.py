"""/health and /ready."""

from __future__ import annotations

import json

from flask.testing import FlaskClient

from platypush.errors import BusUnavailable
from platypush.message.envelope import LOCAL, Reply
from tests.app.conftest import Owner
from tests.app.fakes import JSON, FakeBus


def test_health_tells_a_stranger_only_that_it_is_alive_and_asks_nobody(client: FlaskClient, bus: FakeBus) -> None:
    answer = client.get("/health")
    assert (answer.status_code, answer.get_json()) == (200, {"status": "ok"})
    assert not bus.envelopes


def test_health_tells_somebody_signed_in_what_runs(client: FlaskClient, owner: Owner) -> None:
    data = client.get("/health", headers=owner.bearer()).get_json()
    assert data["daemon"]["operation"] == "status"
    assert data["device_id"] == "testdev"
    names = {module["name"]: module["status"] for module in data["routes"]}
    assert names["platypush.backend.http.app.routes.plugins.qrcode"] == "ok"


def test_health_hides_details_from_a_wrong_or_restricted_token(client: FlaskClient, owner: Owner) -> None:
    for token in ("wrong", owner.restricted):
        assert client.get("/health", headers=owner.bearer(token)).get_json() == {"status": "ok"}


def test_health_survives_a_daemon_that_is_away(client: FlaskClient, owner: Owner, bus: FakeBus) -> None:
    bus.fail(BusUnavailable())
    answer = client.get("/health", headers=owner.bearer())
    assert answer.status_code == 200
    assert answer.get_json()["daemon"]["error"]["code"] == "daemon_unavailable"


def test_ready_follows_the_daemon_and_waits_only_briefly(client: FlaskClient, bus: FakeBus) -> None:
    assert client.get("/ready").get_json() == {"status": "ready"}
    assert (bus.last.kind, bus.last.name, bus.last.principal) == ("control", "ready", LOCAL)
    assert bus.last.time_left <= 2
    bus.fail(BusUnavailable())
    answer = client.get("/ready")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


def test_a_daemon_that_says_no_makes_it_not_ready(client: FlaskClient, bus: FakeBus) -> None:
    body = json.dumps({"error": {"code": "unavailable", "message": "still starting"}}).encode()
    bus.answer(Reply(503, body, JSON))
    answer = client.get("/ready")
    assert answer.status_code == 503
    assert answer.get_json()["error"]["message"] == "still starting"

"""/api/…: bootstrap, sessions, tokens, users."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from platypush.user.service import Users
from tests.app.conftest import GLOBAL_TOKEN, NAME, PASSWORD, STRANGER, Owner
from tests.app.fakes import FakeBus

OPERATOR = {"X-Token": GLOBAL_TOKEN}


def cookie(session: str) -> dict[str, str]:
    return {"Cookie": f"session_token={session}", "Sec-Fetch-Site": "same-origin"}


def test_bootstrap_tells_the_panel_what_it_needs(client: FlaskClient, owner: Owner) -> None:
    data = client.get("/api/bootstrap", headers=cookie(owner.session)).get_json()
    assert data["user"] == NAME
    assert data["authenticated_by"] == "session"
    assert data["device_id"] == "testdev"
    assert data["start_id"] == "start-1"
    assert len(data["build_id"]) == 16
    assert data["websocket_url"] == "ws://localhost:8009/ws/events"


@pytest.mark.parametrize(
    ("changes", "request_", "expected"),
    [
        ({}, {"base_url": "http://[::1]:8008"}, "ws://[::1]:8009/ws/events"),
        ({"websocket_port": 0}, {"base_url": "http://hub.example:8008"}, "ws://hub.example:8008/ws/events"),
        ({"tls": True}, {"base_url": "https://hub:8008"}, "wss://hub:8009/ws/events"),
        ({}, {"base_url": "https://hub.example"}, "wss://hub.example/ws/events"),
        ({"public_url": "https://home.example"}, {}, "wss://home.example/ws/events"),
        ({"disable_websocket": True}, {}, None),
        (
            {"trusted_proxies": ("203.0.113.0/24",)},
            {
                "headers": {
                    "X-Forwarded-For": "198.51.100.1",
                    "X-Forwarded-Proto": "https",
                    "X-Forwarded-Host": "h.example",
                }
            },
            "wss://h.example/ws/events",
        ),
    ],
)
def test_the_websockets_address_is_one_that_the_client_can_reach(
    make_app: Callable[..., Flask],
    owner: Owner,
    changes: dict[str, Any],
    request_: dict[str, Any],
    expected: str | None,
) -> None:
    headers = {**owner.bearer(), **request_.pop("headers", {})}
    client = make_app(**changes).test_client()
    answer = client.get("/api/bootstrap", headers=headers, environ_base=STRANGER, **request_)
    assert answer.get_json()["websocket_url"] == expected


def test_sessions_are_listed_and_the_present_one_is_marked(client: FlaskClient, owner: Owner, users: Users) -> None:
    users.sessions.create(NAME, True, "198.51.100.1", "phone")
    sessions = client.get("/api/sessions", headers=cookie(owner.session)).get_json()["sessions"]
    assert [session["current"] for session in sessions] == [False, True]
    assert sessions[0]["user_agent"] == "phone"
    assert "token" not in sessions[0]


def test_one_session_can_be_ended_and_stops_at_once(client: FlaskClient, owner: Owner, users: Users) -> None:
    other = users.sessions.create(NAME, True, "198.51.100.1", "phone")
    assert client.get("/api/bootstrap", headers=cookie(other.token)).status_code == 200
    assert client.delete(f"/api/sessions/{other.id}", headers=cookie(owner.session)).status_code == 200
    assert client.get("/api/bootstrap", headers=cookie(other.token)).status_code == 401
    assert client.delete(f"/api/sessions/{other.id}", headers=cookie(owner.session)).status_code == 404


def test_all_other_sessions_can_be_ended(client: FlaskClient, owner: Owner, users: Users) -> None:
    other = users.sessions.create(NAME, True, "198.51.100.1", "phone")
    assert client.delete("/api/sessions", headers=cookie(owner.session)).get_json() == {"ended": 1}
    assert client.get("/api/bootstrap", headers=cookie(other.token)).status_code == 401
    assert client.get("/api/bootstrap", headers=cookie(owner.session)).status_code == 200


def test_nobody_ends_anothers_session_or_token_through_his_own_list(
    client: FlaskClient, owner: Owner, users: Users
) -> None:
    users.accounts.create("bob", "long enough 9")
    session = users.sessions.create("bob", False, "", "")
    token = users.tokens.create_api_token("bob", "his")
    assert client.delete(f"/api/sessions/{session.id}", headers=owner.bearer()).status_code == 404
    assert client.delete(f"/api/tokens/{token.id}", headers=owner.bearer()).status_code == 404
    assert client.get("/api/bootstrap", headers=owner.bearer(token.secret)).status_code == 200


def test_a_token_is_made_shown_once_listed_and_revoked(client: FlaskClient, owner: Owner) -> None:
    made = client.post("/api/tokens", json={"name": "phone 2", "expiry_days": 30}, headers=cookie(owner.session))
    assert made.status_code == 201
    token = made.get_json()
    assert client.get("/api/bootstrap", headers=owner.bearer(token["token"])).status_code == 200
    listed = client.get("/api/tokens", headers=owner.bearer())
    assert token["token"] not in listed.text
    assert "phone 2" in [item["name"] for item in listed.get_json()["tokens"]]
    assert client.delete(f"/api/tokens/{token['id']}", headers=owner.bearer()).status_code == 200
    assert client.get("/api/bootstrap", headers=owner.bearer(token["token"])).status_code == 401


def test_a_jwt_can_be_revoked_too(client: FlaskClient, owner: Owner) -> None:
    tokens = client.get("/api/tokens", headers=owner.bearer()).get_json()["tokens"]
    jwt = next(token for token in tokens if token["kind"] == "jwt")
    assert client.delete(f"/api/tokens/{jwt['id']}", headers=cookie(owner.session)).status_code == 200
    assert client.get("/api/bootstrap", headers=owner.bearer()).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": 5},
        {"name": "x", "scopes": "light.*"},
        {"name": "x", "scopes": []},
        {"name": "x", "scopes": ["api:tokens"]},
    ],
)
def test_a_token_that_makes_no_sense_is_a_400(client: FlaskClient, owner: Owner, body: dict[str, Any]) -> None:
    assert client.post("/api/tokens", json=body, headers=owner.bearer()).status_code == 400


def test_a_restricted_token_never_makes_tokens_or_users(client: FlaskClient, owner: Owner, users: Users) -> None:
    everything = users.tokens.create_api_token(
        NAME, "all patterns", ("*", "action:*", "events:*", "resources:*")
    ).secret
    for path, body in [
        ("/api/tokens", {"name": "x"}),
        ("/api/users", {"username": "mallory", "password": "long enough 9"}),
        ("/execute", {"type": "request", "action": "user.create_user", "args": {}}),
    ]:
        assert client.post(path, json=body, headers=owner.bearer(everything)).status_code == 403
    assert client.get("/api/tokens", headers=owner.bearer(everything)).status_code == 403


def test_users_are_added_and_listed_without_secrets(client: FlaskClient, owner: Owner) -> None:
    body = {"username": "bob", "password": "long enough 9"}
    assert client.post("/api/users", json=body, headers=owner.bearer()).status_code == 201
    assert client.post("/api/users", json=body, headers=owner.bearer()).status_code == 409
    listed = client.get("/api/users", headers=owner.bearer())
    assert [user["name"] for user in listed.get_json()["users"]] == [NAME, "bob"]
    assert "$2b$" not in listed.text


def test_a_new_password_needs_the_askers_own(client: FlaskClient, owner: Owner, users: Users) -> None:
    new = {"password": "another password 8"}
    path = f"/api/users/{NAME}/password"
    assert client.put(path, json=new, headers=cookie(owner.session)).status_code == 400
    wrong = {**new, "current_password": "wrong"}
    assert client.put(path, json=wrong, headers=cookie(owner.session)).status_code == 401
    right = {**new, "current_password": PASSWORD}
    assert client.put(path, json=right, headers=cookie(owner.session)).status_code == 200
    assert users.sign_in(NAME, "another password 8", "").user == NAME
    assert client.get("/api/bootstrap", headers=cookie(owner.session)).status_code == 200
    assert client.get("/api/bootstrap", headers=owner.bearer()).status_code == 401


def test_a_user_is_deleted_with_the_askers_password(client: FlaskClient, owner: Owner, users: Users) -> None:
    users.accounts.create("bob", "long enough 9")
    assert client.delete("/api/users/bob", json={}, headers=owner.bearer()).status_code == 400
    body = {"current_password": PASSWORD}
    assert client.delete("/api/users/bob", json=body, headers=owner.bearer()).status_code == 200
    assert client.delete("/api/users/bob", json=body, headers=owner.bearer()).status_code == 404


def test_the_operators_token_needs_no_password_and_names_a_user(client: FlaskClient, owner: Owner) -> None:
    assert (
        client.put(f"/api/users/{NAME}/password", json={"password": "another password 8"}, headers=OPERATOR).status_code
        == 200
    )
    assert client.get("/api/tokens", headers=OPERATOR).status_code == 400
    assert client.get(f"/api/tokens?user={NAME}", headers=OPERATOR).status_code == 200


@pytest.mark.parametrize(
    ("content_type", "headers", "status"),
    [
        ("application/json", {"Sec-Fetch-Site": "same-origin"}, 201),
        ("application/json", {"Origin": "http://localhost"}, 201),
        ("application/json", {"Sec-Fetch-Site": "cross-site"}, 403),
        ("text/plain", {"Sec-Fetch-Site": "same-origin"}, 201),
        ("text/plain", {"Sec-Fetch-Site": "same-site"}, 403),
        ("text/plain", {"Origin": "http://localhost"}, 201),
        ("text/plain", {"Origin": "http://localhost:9000"}, 403),
        ("text/plain", {"Origin": "https://evil.example"}, 403),
        ("text/plain", {"Origin": "null"}, 403),
        ("text/plain", {"Referer": "https://evil.example/localhost"}, 403),
        ("text/plain", {}, 403),
    ],
)
def test_with_a_cookie_only_our_own_pages_change_anything(
    client: FlaskClient, owner: Owner, content_type: str, headers: dict[str, str], status: int
) -> None:
    answer = client.post(
        "/api/tokens",
        data=b'{"name": "made"}',
        content_type=content_type,
        headers={"Cookie": f"session_token={owner.session}", **headers},
    )
    assert answer.status_code == status


def test_nothing_here_needs_the_daemon(client: FlaskClient, owner: Owner, bus: FakeBus) -> None:
    client.get("/api/bootstrap", headers=owner.bearer())
    client.get("/api/users", headers=owner.bearer())
    assert not bus.envelopes

"""POST /auth."""

from __future__ import annotations

import json

import pytest
from flask.testing import FlaskClient

from tests.app.conftest import NAME, PASSWORD, Owner

GOOD = {"username": NAME, "password": PASSWORD}


def test_name_and_password_give_a_token_that_works(client: FlaskClient, owner: Owner) -> None:
    answer = client.post("/auth", json=GOOD)
    assert answer.status_code == 200
    assert set(answer.get_json()) == {"token"}
    headers = {"Authorization": f"Bearer {answer.get_json()['token']}"}
    assert client.get("/api/bootstrap", headers=headers).get_json()["authenticated_by"] == "jwt"


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", None])
def test_any_content_type_will_do(client: FlaskClient, owner: Owner, content_type: str | None) -> None:
    assert client.post("/auth", data=json.dumps(GOOD), content_type=content_type).status_code == 200


@pytest.mark.parametrize("days", [0, None, 0.5, 30, "7"])
def test_days_may_be_fractions_or_absent(client: FlaskClient, owner: Owner, days: object) -> None:
    assert client.post("/auth", json={**GOOD, "expiry_days": days}).status_code == 200


@pytest.mark.parametrize("days", [-1, True, "soon", [], {}, 1e300])
def test_days_that_make_no_sense_are_a_400(client: FlaskClient, owner: Owner, days: object) -> None:
    answer = client.post("/auth", json={**GOOD, "expiry_days": days})
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (400, "bad_request")


@pytest.mark.parametrize(
    "body", [b"", b"nonsense", b"[]", b"{}", b'{"username":"alice"}', b'{"username":1,"password":2}']
)
def test_a_body_without_both_is_a_400(client: FlaskClient, owner: Owner, body: bytes) -> None:
    assert client.post("/auth", data=body).status_code == 400


@pytest.mark.parametrize(("name", "password"), [(NAME, "wrong"), ("nobody", PASSWORD), ("ALICE", PASSWORD)])
def test_wrong_credentials_are_a_401(client: FlaskClient, owner: Owner, name: str, password: str) -> None:
    answer = client.post("/auth", json={"username": name, "password": password})
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (401, "unauthorized")


def test_too_many_wrong_ones_are_a_429_that_says_how_long(client: FlaskClient, owner: Owner) -> None:
    for _ in range(30):
        answer = client.post("/auth", json={"username": NAME, "password": "wrong"})
        if answer.status_code == 429:
            break
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (429, "too_many_attempts")
    assert int(answer.headers["Retry-After"]) >= 1


def test_with_no_user_it_is_a_412(client: FlaskClient) -> None:
    assert client.post("/auth", json=GOOD).status_code == 412


def test_a_body_that_nobody_types_is_a_413(client: FlaskClient, owner: Owner) -> None:
    assert client.post("/auth", json={**GOOD, "padding": "x" * 70_000}).status_code == 413
    assert client.post("/login", data={**GOOD, "padding": "x" * 70_000}).status_code == 413


def test_get_is_a_405(client: FlaskClient, owner: Owner) -> None:
    assert client.get("/auth").status_code == 405

"""/register."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from platypush.config.web import WebSettings
from platypush.user.passwords import MAX_LENGTH, MIN_LENGTH
from platypush.user.registration import ensure_code
from platypush.user.service import Users
from tests.app.conftest import STRANGER, Owner

FORM = {"username": "alice", "password": "correct horse 7", "confirm_password": "correct horse 7"}


@pytest.fixture
def local(app: Flask) -> FlaskClient:
    """A browser on the hub's own machine."""
    return app.test_client()


def remote(app: Flask, **environ: str) -> FlaskClient:
    client = app.test_client()
    client.environ_base = {**client.environ_base, **STRANGER, **environ}
    return client


def test_from_this_machine_name_and_password_make_the_first_user(local: FlaskClient, users: Users) -> None:
    assert b'name="code"' not in local.get("/register").data
    answer = local.post("/register", data={**FORM, "redirect": "/plugin/tts"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/plugin/tts")
    assert "session_token=" in answer.headers["Set-Cookie"]
    assert users.accounts.exists()
    assert local.get("/").status_code == 200


def test_from_another_machine_the_one_time_code_is_asked_for(app: Flask, settings: WebSettings, users: Users) -> None:
    code = ensure_code(settings.workdir)
    browser = remote(app)
    assert b'name="code"' in browser.get("/register").data
    for wrong in ({}, {"code": ""}, {"code": "0000-0000-0000"}):
        answer = browser.post("/register", data={**FORM, **wrong})
        assert answer.status_code == 403
        assert b'role="alert"' in answer.data
    assert not users.accounts.exists()
    assert browser.post("/register", data={**FORM, "code": code.lower()}).status_code == 302


@pytest.mark.parametrize(
    "environ",
    [
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_REAL_IP": "203.0.113.9"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "rebound.evil.example"},
        {"REMOTE_ADDR": ""},
        {"REMOTE_ADDR": "10.0.0.7"},
        {"REMOTE_ADDR": "203.0.113.9", "HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"REMOTE_ADDR": "203.0.113.9", "HTTP_HOST": "localhost"},
    ],
)
def test_only_a_direct_connection_by_a_local_name_is_this_machine(
    app: Flask, users: Users, environ: dict[str, str]
) -> None:
    host = environ.pop("HTTP_HOST", "localhost")
    answer = remote(app, **environ).post("/register", data=FORM, base_url=f"http://{host}")
    assert answer.status_code == 403
    assert not users.accounts.exists()


def test_two_different_passwords_are_a_400_with_the_page(local: FlaskClient, users: Users) -> None:
    answer = local.post("/register", data={**FORM, "confirm_password": "another 77777"})
    assert answer.status_code == 400
    assert b"differ" in answer.data
    assert not users.accounts.exists()


def test_a_password_that_is_too_short_is_a_400_with_the_reason(local: FlaskClient) -> None:
    answer = local.post("/register", data={**FORM, "password": "x", "confirm_password": "x"})
    assert answer.status_code == 400
    assert b"too short" in answer.data


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"password": "x", "confirm_password": "x"}, "password"),
        ({"confirm_password": "another 77777"}, "confirm_password"),
        ({"username": "a:b"}, "username"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(local: FlaskClient, wrong: dict[str, str], field: str) -> None:
    page = local.post("/register", data={**FORM, **wrong}).text
    assert f'id="{field}-error" role="alert"' in page
    assert page.count('role="alert"') == page.count('aria-invalid="true"') == page.count("autofocus") == 1


def test_a_wrong_code_is_said_beside_the_code(app: Flask) -> None:
    assert 'id="code-error" role="alert"' in remote(app).post("/register", data={**FORM, "code": "0000-0000-0000"}).text


def test_the_rules_for_passwords_are_there_before_anything_is_typed(local: FlaskClient) -> None:
    page = local.get("/register").text
    assert "8 to 1024 characters" in page
    assert f'minlength="{MIN_LENGTH}" maxlength="{MAX_LENGTH}"' in page
    assert page.count('autocomplete="new-password"') == 2


def test_json_works_as_well(local: FlaskClient) -> None:
    body = {"username": "alice", "password": "correct horse 7"}
    assert local.post("/register", json=body).status_code == 200
    assert local.post("/register", json={**body, "username": "bob"}).status_code == 409


def test_with_a_user_it_leads_to_the_sign_in_and_makes_nobody(local: FlaskClient, owner: Owner, users: Users) -> None:
    for answer in (local.get("/register"), local.post("/register", data={**FORM, "username": "mallory"})):
        assert (answer.status_code, answer.headers["Location"]) == (302, "/login")
    assert [user.name for user in users.accounts.list()] == ["alice"]


def test_a_foreign_page_cannot_register_anybody(local: FlaskClient, users: Users) -> None:
    answer = local.post("/register", data=FORM, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert not users.accounts.exists()


def test_a_browser_that_opens_the_panel_is_sent_here_first(make_app: Callable[..., Flask]) -> None:
    answer = make_app().test_client().get("/plugin/tts", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/register?redirect=%2Fplugin%2Ftts")

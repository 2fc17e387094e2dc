"""/login and /logout."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.http import parse_cookie

from platypush.user.service import Users
from tests.app.conftest import NAME, PASSWORD, STRANGER, Owner

FORM = {"username": NAME, "password": PASSWORD}
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    """A browser on another machine: it keeps cookies and asks for pages."""
    browser = app.test_client()
    browser.environ_base = {**browser.environ_base, **STRANGER, "HTTP_ACCEPT": BROWSER["Accept"]}
    return browser


def test_the_page_has_a_form_that_leads_back(browser: FlaskClient, owner: Owner) -> None:
    answer = browser.get("/login?redirect=/plugin/tts")
    assert answer.status_code == 200
    assert b'name="redirect" value="/plugin/tts"' in answer.data
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert "'unsafe-inline'" not in answer.headers["Content-Security-Policy"]
    # Scripts are files of the hub; none is within the page.
    assert re.findall(rb"<script(?! src=.)", answer.data) == []
    assert b"style=" not in answer.data


def test_name_and_password_give_a_session_in_a_safe_cookie(browser: FlaskClient, owner: Owner) -> None:
    answer = browser.post("/login", data={**FORM, "redirect": "/plugin/tts"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/plugin/tts")
    cookie = answer.headers["Set-Cookie"]
    assert len(parse_cookie(cookie)["session_token"]) == 64
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Secure" not in cookie
    assert "Max-Age" not in cookie
    assert browser.get("/").status_code == 200


def test_the_cookie_is_secure_under_https_and_lasts_when_asked_to(browser: FlaskClient, owner: Owner) -> None:
    answer = browser.post("/login", data={**FORM, "remember": "1"}, base_url="https://hub.example")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "Max-Age=3153" in answer.headers["Set-Cookie"]


def test_a_wrong_password_gives_401_with_the_page_and_a_message(browser: FlaskClient, owner: Owner) -> None:
    answer = browser.post("/login", data={"username": NAME, "password": "wrong", "redirect": "/plugin/tts"})
    assert answer.status_code == 401
    assert b'id="password-error" role="alert"' in answer.data
    assert b'aria-describedby="password-error" aria-invalid="true"' in answer.data
    assert b'value="/plugin/tts"' in answer.data
    assert b'value="alice"' in answer.data
    assert "Set-Cookie" not in answer.headers
    assert not answer.headers["WWW-Authenticate"].startswith("Basic")


def test_what_was_typed_is_escaped(browser: FlaskClient, owner: Owner) -> None:
    answer = browser.post("/login", data={"username": '"><script>alert(1)</script>', "password": "x"})
    assert b"<script>" not in answer.data


def test_json_works_as_well(browser: FlaskClient, owner: Owner) -> None:
    answer = browser.post("/login", json=FORM)
    assert (answer.status_code, answer.get_json()) == (200, {"user": NAME, "redirect": "/"})
    assert browser.post("/login", json={**FORM, "password": "wrong"}).get_json()["error"]["code"] == "unauthorized"


def test_too_many_wrong_passwords_show_429_with_the_page(browser: FlaskClient, owner: Owner) -> None:
    for _ in range(30):
        answer = browser.post("/login", data={"username": NAME, "password": "wrong"})
        if answer.status_code == 429:
            break
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1
    assert b"<form" in answer.data


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "///evil.example",
        "javascript:alert(1)",
        "evil.example",
        "/login?redirect=//evil.example",
        "/logout",
        "",
    ],
)
def test_no_redirect_leads_to_another_site_or_in_a_circle(browser: FlaskClient, owner: Owner, target: str) -> None:
    assert browser.post("/login", data={**FORM, "redirect": target}).headers["Location"] == "/"
    assert browser.post("/login", query_string={"redirect": target}, data=FORM).headers["Location"] == "/"


def test_a_foreign_page_cannot_sign_a_browser_in(browser: FlaskClient, owner: Owner) -> None:
    assert browser.post("/login", data=FORM, headers={"Origin": "https://evil.example"}).status_code == 403
    assert browser.post("/login", data=FORM, headers={"Origin": "null"}).status_code == 403
    assert browser.post("/login", data=FORM, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert browser.post("/login", data=FORM, headers={"Origin": "http://localhost"}).status_code == 302


def test_somebody_with_a_session_is_sent_on(browser: FlaskClient, owner: Owner) -> None:
    browser.post("/login", data=FORM)
    answer = browser.get("/login?redirect=/plugin/tts")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/plugin/tts")


def test_with_no_user_the_browser_is_sent_to_the_registration(browser: FlaskClient) -> None:
    for answer in (browser.get("/login?redirect=/plugin/tts"), browser.post("/login?redirect=/plugin/tts", data=FORM)):
        assert (answer.status_code, answer.headers["Location"]) == (302, "/register?redirect=%2Fplugin%2Ftts")


def test_a_browser_without_a_session_is_sent_to_the_form_and_back_without_its_token(
    browser: FlaskClient, owner: Owner
) -> None:
    answer = browser.get("/plugin/tts?token=wrong&tab=2")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/login?redirect=%2Fplugin%2Ftts%3Ftab%3D2"


def test_a_script_in_a_page_gets_401_and_no_password_dialog(browser: FlaskClient, owner: Owner) -> None:
    answer = browser.get("/api/bootstrap", headers={"Sec-Fetch-Mode": "cors", "Accept": "*/*"})
    assert answer.status_code == 401
    assert answer.headers.getlist("WWW-Authenticate") == ['Bearer realm="Platypush"']


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_signing_out_ends_the_session_in_the_database(
    browser: FlaskClient, owner: Owner, users: Users, method: str
) -> None:
    browser.post("/login", data=FORM)
    before = len(users.sessions.list(NAME))
    answer = browser.open("/logout", method=method, headers={"Sec-Fetch-Site": "same-origin"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/login")
    assert "session_token=;" in answer.headers["Set-Cookie"]
    assert len(users.sessions.list(NAME)) == before - 1
    assert browser.get("/").status_code == 302


def test_signing_out_without_a_session_is_no_error(browser: FlaskClient, owner: Owner) -> None:
    assert browser.get("/logout?redirect=//evil.example").headers["Location"] == "/login"


def test_a_foreign_page_cannot_sign_anybody_out(browser: FlaskClient, owner: Owner) -> None:
    browser.post("/login", data=FORM)
    assert browser.get("/logout", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert browser.post("/logout", headers={"Origin": "https://evil.example"}).status_code == 403
    assert browser.get("/").status_code == 200

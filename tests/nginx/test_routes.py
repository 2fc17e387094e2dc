"""Every kind of route through nginx."""

from __future__ import annotations

import json

import pytest

from tests.nginx.conftest import PHOTO, Place
from tests.running.hub import PASSWORD, USER

pytestmark = pytest.mark.live

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Sec-Fetch-Mode": "navigate"}


def test_the_page_for_signing_in_comes_over_https(place: Place) -> None:
    answer = place.front.request("GET", "/login", headers=BROWSER)
    assert answer.status == 200
    assert b"<form" in answer.body


def test_an_action_runs(place: Place) -> None:
    body = json.dumps({"type": "request", "action": "config.get_device_id"})
    headers = {"Content-Type": "application/json", **place.hub.token}
    answer = place.front.request("POST", "/execute", body, headers)
    assert answer.json()["response"]["output"] == "tests"


def test_signing_in_gives_a_cookie_that_stays_on_https_and_opens_the_panel(place: Place) -> None:
    form = f"username={USER}&password={PASSWORD}"
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Origin": f"https://hub.test:{place.front.port}",
        **BROWSER,
    }
    answer = place.front.request("POST", "/login", form, headers)
    assert answer.status == 302, answer.body
    cookie = answer.headers["set-cookie"]
    assert "Secure" in cookie
    assert "HttpOnly" in cookie
    session = cookie.partition(";")[0]
    panel = place.front.request("GET", "/", headers={**BROWSER, "Cookie": session})
    assert panel.status == 200
    bootstrap = place.front.request("GET", "/api/bootstrap", headers={"Cookie": session}).json()
    assert f"wss://hub.test:{place.front.port}/ws/events" in json.dumps(bootstrap)


def test_a_resource_file_comes_from_nginx_with_the_applications_headers(place: Place) -> None:
    direct = place.hub.request("GET", "/resources/photos/a.bin", headers=place.hub.token)
    answer = place.front.request("GET", "/resources/photos/a.bin", headers=place.hub.token)
    assert (answer.status, answer.body) == (200, PHOTO)
    for name in (
        "cache-control",
        "content-security-policy",
        "referrer-policy",
        "x-content-type-options",
        "content-type",
    ):
        assert answer.headers[name] == direct.headers[name], name
    assert len(answer.headers["x-request-id"]) == 32

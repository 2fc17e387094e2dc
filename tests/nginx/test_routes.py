"""Every kind of route through nginx."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

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


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/health",
        "/ready",
        "/openapi.json",
        "/qrcode?content=x",
        "/api/tokens",
        "/api/sessions",
        "/hook/none",
        "/nothing",
    ],
)
@pytest.mark.parametrize("signed_in", [True, False], ids=["signed-in", "stranger"])
def test_a_route_answers_through_nginx_as_it_does_directly(place: Place, path: str, signed_in: bool) -> None:
    headers = place.hub.token if signed_in else {}
    direct = place.hub.request("GET", path, headers=headers)
    answer = place.front.request("GET", path, headers=headers)
    assert answer.status == direct.status
    own = {"date", "server", "x-request-id", "connection", "content-length", "transfer-encoding", "www-authenticate"}
    assert {k: v for k, v in answer.headers.items() if k not in own} == {
        k: v for k, v in direct.headers.items() if k not in own
    }


def test_metrics_are_for_those_signed_in_also_from_this_machine(place: Place) -> None:
    assert place.front.request("GET", "/metrics").status == 401
    assert place.front.request("GET", "/metrics", headers=place.hub.token).status == 200


def test_a_webhook_gets_method_query_and_body(place: Place) -> None:
    answer = place.front.request("PUT", "/hook/echo?a=b%20c", "body", {"X-Mine": "1"})
    assert (answer.status, answer.headers["x-own"]) == (201, "yes")
    said = answer.json()
    assert said["method"] == "PUT"
    assert (said["args"]["args"], said["args"]["data"]) == ({"a": "b c"}, "body")
    assert {name.lower(): value for name, value in said["headers"].items()}["x-mine"] == "1"


def test_a_body_of_unknown_length_arrives_whole(place: Place) -> None:
    body = json.dumps({"type": "request", "action": "config.get_device_id"}).encode()
    token = place.hub.token["X-Token"].encode()
    answer = place.front.raw(
        b"POST /execute HTTP/1.1\r\nHost: hub.test\r\nX-Token: %s\r\nTransfer-Encoding: chunked\r\n"
        b"Connection: close\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (token, len(body), body)
    )
    assert b'"output":"tests"' in answer


def test_over_http_2_it_is_the_same(place: Place, tmp_path: Path) -> None:
    assert place.front.authority is not None
    port = place.front.port
    curl = [
        "curl",
        "-sS",
        "--http2",
        "--cacert",
        str(place.front.authority.cert),
        "-H",
        f"X-Token: {place.hub.token['X-Token']}",
    ]
    curl += ["--resolve", f"hub.test:{port}:127.0.0.1", "-w", "\n%{http_version} %{http_code}"]
    for path, extra, wanted in [
        ("/resources/photos/a.bin", [], PHOTO),
        ("/execute", ["-d", '{"type": "request", "action": "config.get_device_id"}'], b'"output":"tests"'),
    ]:
        shown = subprocess.run(
            [*curl, *extra, f"https://hub.test:{port}{path}"], capture_output=True, check=True
        ).stdout
        assert wanted in shown
        assert shown.endswith(b"\n2 200")

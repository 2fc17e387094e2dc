"""The site: hosts, redirects, limits, headers, failures, logs."""

from __future__ import annotations

import http.client
import json
import re
import socket
import subprocess

import pytest

from tests.nginx.conftest import Place
from tests.running.hub import PASSWORD, USER

pytestmark = pytest.mark.live

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Sec-Fetch-Mode": "navigate"}


def test_nginx_takes_the_rendered_files_without_a_warning(place: Place) -> None:
    tried = place.front.test()
    assert tried.returncode == 0
    assert "warn" not in tried.stderr


def test_http_leads_to_the_same_address_over_https(place: Place) -> None:
    answer = place.front.plain("GET", "/dashboard/main?a=b%20c")
    assert answer.status == 308
    assert answer.headers["location"] == f"https://hub.test:{place.front.port}/dashboard/main?a=b%20c"


def test_an_unknown_host_gets_no_answer(place: Place) -> None:
    with pytest.raises(http.client.RemoteDisconnected):
        place.front.plain("GET", "/", host="other.test")
    with pytest.raises(OSError, match=r"(?i)unrecognized|alert|eof|handshake"):
        place.front.connect(host="other.test").close()
    foreign = place.front.raw(b"GET /login HTTP/1.1\r\nHost: other.test\r\nConnection: close\r\n\r\n")
    assert b"<form" not in foreign


def test_certificates_are_proved_over_http_for_any_host(place: Place) -> None:
    challenge = place.front.folder / "acme" / ".well-known" / "acme-challenge" / "token-1"
    challenge.parent.mkdir(parents=True, exist_ok=True)
    challenge.write_text("token-1.thumbprint")
    for host in ("hub.test", "soon.test"):
        answer = place.front.plain("GET", "/.well-known/acme-challenge/token-1", host=host)
        assert (answer.status, answer.body) == (200, b"token-1.thumbprint")
        assert answer.headers["content-type"] == "text/plain"
    assert place.front.plain("GET", "/.well-known/acme-challenge/").status in (403, 404)
    assert place.front.plain("GET", "/.well-known/acme-challenge/../../../platypush-access.log").status in (400, 308)


def test_http_2_is_spoken(place: Place) -> None:
    assert place.front.authority is not None
    context = place.front.authority.context()
    context.set_alpn_protocols(["h2", "http/1.1"])
    plain = socket.create_connection(("127.0.0.1", place.front.port), 10)
    with context.wrap_socket(plain, server_hostname="hub.test") as connection:
        assert connection.selected_alpn_protocol() == "h2"


@pytest.mark.parametrize(
    "path", ["/", "/login", "/execute", "/health", "/resources/photos/a.bin", "/assets/app.css", "/nothing"]
)
def test_each_header_for_security_comes_once_and_nobody_tells_a_version(place: Place, path: str) -> None:
    for headers in ({}, BROWSER, place.hub.token):
        answer = place.front.request("GET", path, headers=headers)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["content-security-policy"].count("frame-ancestors") == 1
        assert "," not in answer.headers["x-request-id"]
        assert answer.headers["server"] == "nginx"


def test_the_panels_files_come_from_nginx(place: Place) -> None:
    for path, kind in [
        ("/assets/app.css", "text/css"),
        ("/assets/hub.js", "javascript"),
        ("/icons/platypush.svg", "image/svg+xml"),
        ("/favicon.ico", "image/svg+xml"),
        ("/manifest.webmanifest", "application/manifest+json"),
    ]:
        direct = place.hub.request("GET", path)
        answer = place.front.request("GET", path)
        assert (answer.status, answer.body) == (200, direct.body)
        assert kind in answer.headers["content-type"]
        assert answer.headers["cache-control"] == direct.headers["cache-control"] == "no-cache"
        assert answer.headers["content-security-policy"] == direct.headers["content-security-policy"]
        assert place.front.logged(answer)["upstream_status"] == ""
    page = place.front.request("GET", "/", headers=place.hub.token).body.decode()
    (script,) = re.findall(r'src="(/assets/panel-[^"]+)"', page)
    for answer in (place.hub.request("GET", script), place.front.request("GET", script)):
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert place.front.request("GET", "/assets/plugins/none/panel.js").status == 404
    assert place.front.request("GET", "/assets/none.js").json()["error"]["code"] == "not_found"
    compressed = place.front.request("GET", "/assets/app.css", headers={"Accept-Encoding": "gzip"})
    assert compressed.headers["content-encoding"] == "gzip"


def test_a_flood_of_attempts_to_sign_in_is_slowed_down_by_nginx_and_looking_is_free(place: Place) -> None:
    body = json.dumps({"username": USER, "password": PASSWORD})
    statuses = [
        place.front.request("POST", "/auth", body, {"Content-Type": "application/json"}).status for _ in range(14)
    ]
    assert statuses[:8] == [200] * 8
    assert statuses[-1] == 429
    refused = place.front.request("POST", "/auth", body, {"Content-Type": "application/json"})
    assert refused.json()["error"]["code"] == "too_many_attempts"
    assert int(refused.headers["retry-after"]) > 0
    page = place.front.request("POST", "/login", "a=b", BROWSER)
    assert page.status == 429
    assert page.headers["content-type"].startswith("text/html")
    assert b"Too many attempts" in page.body
    assert [place.front.request("GET", "/login").status for _ in range(20)] == [200] * 20


def test_a_body_above_the_limit_is_refused_in_one_shape_and_one_below_it_arrives(place: Place) -> None:
    large = b"x" * (16 * 1024 * 1024 + 2048)
    answer = place.front.raw(
        b"POST /execute HTTP/1.1\r\nHost: hub.test\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(large)
    )
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b" 413 " in head.splitlines()[0]
    assert json.loads(body)["error"]["code"] == "too_large"
    message = json.dumps({"type": "request", "action": "utils.sleep", "args": {"seconds": 0, "x": "y" * 5_000_000}})
    headers = {"Content-Type": "application/json", **place.hub.token}
    # By the action, which has no such argument.
    assert "'x' is unknown" in place.front.request("POST", "/execute", message, headers).body.decode()


def test_headers_that_nginx_takes_are_never_too_large_behind_it(place: Place) -> None:
    cookies = "; ".join(f"c{n}={'v' * 500}" for n in range(14))
    headers = {"Cookie": cookies, "X-A": "a" * 7000, "X-B": "b" * 7000}
    assert place.front.request("GET", "/health", headers=headers).status == 200
    assert place.front.request("GET", "/health", headers={**headers, "X-C": "c" * 7000}).status in (400, 494)


def test_who_asks_is_what_nginx_says_whatever_the_client_claims(place: Place) -> None:
    forged = {
        "X-Forwarded-For": "6.6.6.6",
        "X-Forwarded-Host": "evil.test",
        "X-Forwarded-Proto": "http",
        "X-Real-IP": "6.6.6.6",
        "Forwarded": "for=6.6.6.6",
        "X-Request-Id": "mine-mine-mine",
        "Proxy": "http://evil.test",
    }
    answer = place.front.request("GET", "/hook/echo", headers=forged)
    assert answer.status == 201
    seen = {name.lower() for name in answer.json()["headers"]}
    assert not seen & {name.lower() for name in forged}
    assert answer.headers["x-request-id"] != "mine-mine-mine"


def test_a_request_has_one_id_in_nginxs_log_and_in_the_answer(place: Place) -> None:
    answer = place.front.request("POST", "/execute", "{}", {**place.hub.token, "Content-Type": "application/json"})
    line = place.front.logged(answer)
    assert line["request_id"] == answer.headers["x-request-id"] == answer.json()["error"]["request_id"]


@pytest.mark.parametrize(
    "query",
    [
        "token=sesame-open",
        "session_token=sesame-open",
        "a=b&signature=sesame-open&expires=5",
        "tok%65n=sesame-open",
        "TOKEN=sesame-open",
        "a=1;token=sesame-open",
        "code=sesame-open",
    ],
)
def test_no_token_reaches_a_log(place: Place, query: str) -> None:
    referer = {"Referer": f"https://hub.test/?{query}"}
    place.front.request("GET", f"/resources/photos/a.bin?{query}", headers=referer)
    place.front.plain("GET", f"/nothing?{query}")
    line = place.front.logged(place.front.request("GET", f"/nothing?{query}", headers=referer))
    assert line["query"] == "(withheld)"
    logs = list(place.front.folder.glob("*.log"))
    assert len(logs) >= 3
    assert not [log.name for log in logs if "sesame-open" in log.read_text()]


def test_an_ordinary_query_is_in_the_log(place: Place) -> None:
    assert place.front.logged(place.front.request("GET", "/nothing?page=2"))["query"] == "page=2"


def test_what_is_internal_is_closed(place: Place) -> None:
    for path in (
        "/_auth/resources/photos",
        "/_resources/photos/a.bin",
        "/_error/json/unavailable",
        "/_error/page/unavailable",
    ):
        answer = place.front.request("GET", path, headers=place.hub.token)
        assert answer.status == 404, path
        assert answer.json()["error"]["code"] == "not_found"


def test_a_hook_cannot_give_orders_to_nginx(place: Place) -> None:
    answer = place.front.request("GET", "/hook/accel")
    assert (answer.status, answer.body) == (200, b"from the hook")
    assert not [name for name in answer.headers if name.startswith("x-accel")]


def test_nginxs_figures_are_on_a_unix_socket_only(place: Place) -> None:
    status = place.front.folder / "run" / "status.sock"
    shown = subprocess.run(["curl", "-s", "--unix-socket", status, "http://nginx/"], capture_output=True, check=True)
    assert b"Active connections" in shown.stdout
    assert place.front.request("GET", "/stub_status").status == 404

"""Every protected route against every way of authentication, valid, wrong, expired, revoked and restricted."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from platypush.backend.http.app.auth.decorator import access_of
from platypush.config.web import WebSettings
from platypush.streams.server import StreamServer
from platypush.user.media import Medium
from platypush.user.service import Users
from tests.app.conftest import GLOBAL_TOKEN, NAME, PASSWORD, STRANGER, Owner

MEDIUM = "f" * 40
PNG = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==")
EXECUTE = {"type": "request", "action": "light.on", "args": {}}

# method, path, JSON body, whether the restricted persona (light.*, resources:photos, camera:ffmpeg) may
PROTECTED: list[tuple[str, str, Any, bool]] = [
    ("GET", "/", None, False),
    ("GET", "/plugin/tts", None, False),
    ("GET", "/dashboard/main", None, False),
    ("POST", "/execute", EXECUTE, True),
    ("GET", "/resources/photos/a.txt", None, True),
    ("GET", "/_auth/resources/photos", None, True),
    ("GET", "/api/bootstrap", None, False),
    ("GET", "/api/dashboards", None, False),
    ("GET", "/api/dashboards/main", None, False),
    ("POST", "/api/dashboards/main/links", {}, False),
    ("GET", "/api/sessions", None, False),
    ("GET", "/api/tokens", None, False),
    ("POST", "/api/tokens", {"name": "made by the test"}, False),
    ("GET", "/api/users", None, False),
    ("POST", "/api/users", {"username": "bob", "password": "long enough 9"}, False),
    ("POST", "/api/signed-urls", {"path": "/resources/photos/a.txt"}, False),
    ("GET", "/openapi.json", None, False),
    ("GET", "/metrics", None, False),
    ("GET", "/qrcode?content=x", None, False),
    ("GET", "/camera/ffmpeg/photo", None, True),
    ("GET", "/camera/ffmpeg/photo.png", None, True),
    ("GET", "/camera/ffmpeg/frame", None, True),
    ("GET", "/camera/ffmpeg/video", None, True),
    ("GET", "/camera/ffmpeg/video.mjpeg", None, True),
    ("GET", "/camera/ffmpeg/feed", None, True),
    ("GET", "/camera/ffmpeg/stream", None, True),
    ("GET", "/camera/ir/mlx90640/photo", None, False),
    ("GET", "/camera/ir/mlx90640/video", None, False),
    ("GET", "/media", None, False),
    ("PUT", "/media", {"source": "FILMS/a.png"}, False),
    ("GET", f"/media/{MEDIUM}.png", None, False),
    ("GET", f"/media/{MEDIUM}", None, False),
    ("DELETE", f"/media/{MEDIUM}", None, False),
    ("GET", f"/media/subtitles/{MEDIUM}.vtt", None, False),
    ("POST", f"/media/subtitles/{MEDIUM}.vtt", {}, False),
    ("DELETE", f"/media/subtitles/{MEDIUM}.vtt", None, False),
]
ROUTES = pytest.mark.parametrize(
    ("method", "path", "body", "restricted"), PROTECTED, ids=[f"{m} {p}" for m, p, _, _ in PROTECTED]
)

OPEN = {
    "/login",
    "/register",
    "/logout",
    "/auth",
    "/hook/<name>",
    "/health",
    "/ready",
    "/assets/<path:path>",
    "/assets/plugins/<plugin>/<path:path>",
    "/img/<path:path>",
    "/icons/<path:path>",
    "/favicon.ico",
    "/manifest.webmanifest",
    # These decide by themselves; the table above holds them to it.
    "/execute",
    "/dashboard/<name>",
    "/resources/<path:path>",
    "/camera/<path:camera>/photo",
    "/camera/<path:camera>/photo.<ext>",
    "/camera/<path:camera>/frame",
    "/camera/<path:camera>/video",
    "/camera/<path:camera>/video.<ext>",
    "/camera/<path:camera>/feed",
    "/camera/<path:camera>/stream",
    "/media/<id>",
    "/media/subtitles/<id>.vtt",
    "/metrics",
}

Ways = dict[str, tuple[dict[str, str], str]]


def ways(owner: Owner) -> Ways:
    """Headers and query for each way of authentication."""
    return {
        "basic": ({"Authorization": f"Basic {owner.basic}"}, ""),
        "bearer jwt": ({"Authorization": f"Bearer {owner.jwt}"}, ""),
        "bearer api token": ({"Authorization": f"Bearer {owner.api_token}"}, ""),
        "bearer global token": ({"Authorization": f"Bearer {GLOBAL_TOKEN}"}, ""),
        "x-token jwt": ({"X-Token": owner.jwt}, ""),
        "x-token global token": ({"X-Token": GLOBAL_TOKEN}, ""),
        "query jwt": ({}, f"token={owner.jwt}"),
        "query api token": ({}, f"token={owner.api_token}"),
        "x-session-token": ({"X-Session-Token": owner.session}, ""),
        "query session": ({}, f"session_token={owner.session}"),
        "cookie": ({"Cookie": f"session_token={owner.session}", "Sec-Fetch-Site": "same-origin"}, ""),
    }


WAYS = pytest.mark.parametrize("way", list(ways(Owner("", "", "", "", ""))))


@pytest.fixture
def ask(app: Flask, settings: WebSettings, users: Users, streams: StreamServer) -> Callable[..., TestResponse]:
    assert streams.viewers == 0
    (settings.resource_dirs["photos"] / "a.txt").write_text("photo")
    assert settings.media is not None
    film = settings.media.media_dirs[0] / "a.png"
    film.write_bytes(PNG)
    film.with_suffix(".srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nHello\n")
    users.media.add(Medium(MEDIUM, str(film), str(film), "image/png", "a.png", str(film.with_suffix(".srt"))))

    def ask(method: str, path: str, body: Any, headers: dict[str, str], query: str = "") -> TestResponse:
        client = app.test_client(use_cookies=False)
        overrides: dict[str, Any] = dict(STRANGER)
        if path.startswith("/_auth/"):
            # As nginx asks: the address is the client's own, the question another one.
            overrides["REQUEST_URI"] = f"/resources/photos/a.txt?{query}"
            query = ""
        if isinstance(body, dict) and "source" in body:
            body = {"source": body["source"].replace("FILMS", str(film.parent))}
        full = path + (("&" if "?" in path else "?") + query if query else "")
        return client.open(full, method=method, json=body, headers=headers, environ_overrides=overrides, buffered=True)

    return ask


def shape(response: TestResponse) -> dict[str, Any]:
    data = json.loads(response.data)
    assert set(data) == {"error"}
    assert {"code", "message", "request_id"} <= set(data["error"])
    error: dict[str, Any] = data["error"]
    return error


@ROUTES
@WAYS
def test_every_way_opens_every_route(
    ask: Callable[..., TestResponse], owner: Owner, way: str, method: str, path: str, body: Any, restricted: bool
) -> None:
    headers, query = ways(owner)[way]
    if "global" in way and path in ("/api/sessions", "/api/tokens", "/api/dashboards/main/links"):
        query = "user=alice"
    assert ask(method, path, body, headers, query).status_code in (200, 201)


@ROUTES
def test_a_stranger_gets_401_everywhere(
    ask: Callable[..., TestResponse], owner: Owner, method: str, path: str, body: Any, restricted: bool
) -> None:
    response = ask(method, path, body, {})
    assert response.status_code == 401
    assert shape(response)["code"] == "unauthorized"
    assert response.headers["WWW-Authenticate"]


@ROUTES
def test_with_no_user_everything_is_412_or_nginxs_401(
    ask: Callable[..., TestResponse], method: str, path: str, body: Any, restricted: bool
) -> None:
    response = ask(method, path, body, {"X-Token": GLOBAL_TOKEN})
    assert response.status_code == (401 if path.startswith("/_auth/") else 412)
    shape(response)


@ROUTES
@WAYS
def test_a_wrong_credential_is_401_even_when_a_right_one_follows(
    ask: Callable[..., TestResponse], owner: Owner, way: str, method: str, path: str, body: Any, restricted: bool
) -> None:
    wrong = Owner(b64encode(b"alice:wrong password").decode(), "0" * 64, "x.y.z", "pp_wrong", "pp_wrong")
    headers, query = ways(wrong)[way]
    headers = {name: value.replace(GLOBAL_TOKEN, "another-token") for name, value in headers.items()}
    if way != "cookie":
        headers["Cookie"] = f"session_token={owner.session}"
    assert ask(method, path, body, headers, query).status_code == 401


@ROUTES
def test_a_restricted_token_opens_only_what_it_names(
    ask: Callable[..., TestResponse], owner: Owner, method: str, path: str, body: Any, restricted: bool
) -> None:
    response = ask(method, path, body, owner.bearer(owner.restricted))
    assert response.status_code == (200 if restricted else 403)


def revoke_all(users: Users) -> None:
    users.sessions.revoke_all(NAME)
    for token in users.tokens.list(NAME):
        users.tokens.revoke(token.id)


@pytest.mark.parametrize("way", ["bearer jwt", "bearer api token", "x-session-token", "cookie"])
def test_what_is_revoked_fails_on_the_very_next_request(
    ask: Callable[..., TestResponse], owner: Owner, users: Users, way: str
) -> None:
    headers, query = ways(owner)[way]
    assert ask("POST", "/execute", EXECUTE, headers, query).status_code == 200
    revoke_all(users)
    assert ask("POST", "/execute", EXECUTE, headers, query).status_code == 401


@pytest.mark.parametrize("way", ["basic", "bearer jwt", "cookie"])
def test_a_new_password_ends_what_the_old_one_gave(
    ask: Callable[..., TestResponse], owner: Owner, users: Users, way: str
) -> None:
    headers, query = ways(owner)[way]
    assert ask("GET", "/api/bootstrap", None, headers, query).status_code == 200
    users.accounts.set_password(NAME, "another password 8")
    assert ask("GET", "/api/bootstrap", None, headers, query).status_code == 401


def test_an_expired_token_is_401(ask: Callable[..., TestResponse], owner: Owner, users: Users) -> None:
    expired = users.tokens.issue_jwt(NAME, 1e-12)
    assert ask("POST", "/execute", EXECUTE, owner.bearer(expired)).status_code == 401


def forged(token: str) -> list[str]:
    header, payload, signature = token.split(".")
    claims = json.loads(urlsafe_b64decode(payload + "=="))
    changed = urlsafe_b64encode(json.dumps({**claims, "sub": "mallory"}).encode()).rstrip(b"=").decode()
    none = urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
    return [
        f"{none}.{payload}.",
        f"{none}.{payload}.{signature}",
        f"{header}.{changed}.{signature}",
        f"{header}.{payload}.{signature[:-4]}AAAA",
        f"{header}.{payload}.",
        jwt.encode(claims, "k" * 32, algorithm="HS256"),
        jwt.encode(claims, "k" * 64, algorithm="HS512"),
    ]


def test_no_forged_token_passes(ask: Callable[..., TestResponse], owner: Owner) -> None:
    for token in forged(owner.jwt):
        assert ask("POST", "/execute", EXECUTE, owner.bearer(token)).status_code == 401, token


def test_basic_with_another_password_is_401(ask: Callable[..., TestResponse], owner: Owner) -> None:
    for credential in (f"{NAME}:{PASSWORD}x", f"{NAME}:", "nobody:x", NAME, ""):
        headers = {"Authorization": f"Basic {b64encode(credential.encode()).decode()}"}
        assert ask("POST", "/execute", EXECUTE, headers).status_code in (401, 429)


def test_no_route_is_open_but_those_that_the_design_lists(app: Flask) -> None:
    open_rules = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if access_of(app.view_functions[rule.endpoint], rule.endpoint).permission is None
    }
    assert open_rules == OPEN


def test_every_closed_route_is_in_the_table(app: Flask) -> None:
    adapter = app.url_map.bind("localhost")
    tried = {
        adapter.match(path.split("?")[0], method=method)[0] for method, path, _, _ in PROTECTED if "_auth" not in path
    }
    # These change what the others need; they have tests of their own.
    tried |= {"api_sessions.revoke_others", "api_sessions.revoke", "api_tokens.revoke"}
    tried |= {"api_users.set_password", "api_users.delete"}
    closed = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if access_of(app.view_functions[rule.endpoint], rule.endpoint).permission is not None
    }
    assert closed <= tried


def test_a_view_that_says_nothing_is_closed(app: Flask, client: FlaskClient, owner: Owner) -> None:
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    assert client.get("/forgotten").status_code == 401
    assert client.get("/forgotten", headers=owner.bearer(owner.restricted)).status_code == 403
    assert client.get("/forgotten", headers=owner.bearer()).data == b"secret"

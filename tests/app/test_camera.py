"""``/camera/<camera>/photo`` and ``/video``, with a daemon that is a part of the test."""

from __future__ import annotations

import json
import socket
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from platypush.backend.http.app import streaming
from platypush.backend.http.app.state import web_of
from platypush.backend.http.app.streaming import Parts, Place, Streams, give_up_on_stalled, most_streams
from platypush.errors import StorageFailed
from platypush.streams import EndOfStream, StreamRequest
from platypush.streams.server import StreamServer
from platypush.user.service import Users
from tests.app.conftest import NAME, Album, Owner

VIDEO = "/camera/ffmpeg/video"


class Script:
    """A stream that gives what it is told: items, None for a sign of life, and then its end."""

    content_type = "image/jpeg"

    def __init__(self, *items: bytes | None) -> None:
        self.items = list(items)
        self.closed = 0

    def next(self) -> bytes | None:
        if not self.items:
            raise EndOfStream
        return self.items.pop(0)

    def close(self) -> None:
        self.closed += 1


def parts(script: Script, *, allowed: bool = True) -> Parts:
    place = Place(script, lambda: None)  # type: ignore[arg-type]
    return Parts(place, lambda: allowed)


def test_pictures_replace_each_other_each_with_its_length(
    client: FlaskClient, owner: Owner, streams: StreamServer
) -> None:
    response = client.get(VIDEO, headers=owner.bearer(), buffered=True)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "multipart/x-mixed-replace; boundary=platypush-part"
    assert response.headers["X-Accel-Buffering"] == "no"
    assert response.headers["Cache-Control"] == "no-store"
    pieces = response.data.split(b"--platypush-part\r\n")
    assert pieces[0] == pieces[-1] == b""
    assert pieces[2] == b"Content-Type: image/jpeg\r\nContent-Length: 6\r\n\r\nsecond\r\n"
    assert streams.viewers >= 0


def test_the_query_reaches_the_camera_without_credentials(
    client: FlaskClient, owner: Owner, streams: StreamServer
) -> None:
    asked: list[StreamRequest] = []

    def opener(request: StreamRequest) -> Album:
        asked.append(request)
        return Album(request)

    streams.offer("camera.ffmpeg", opener)
    assert client.get(f"/camera/ffmpeg/photo.PNG?resolution=320,240&token={owner.jwt}").data == b"first"
    (request,) = asked
    assert request.args == {"format": "png", "resolution": "320,240"}
    assert request.single
    assert request.principal is not None
    assert request.principal.user == NAME


def test_a_head_request_opens_no_camera(client: FlaskClient, owner: Owner) -> None:
    response = client.head(VIDEO, headers=owner.bearer())
    assert response.headers["Content-Type"].startswith("multipart/")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/camera/none/photo", 404, "not_found"),
        ("/camera/..%2f..%2fx/photo", 404, "not_found"),
        ("/camera/ffmpeg/video?full=1", 503, "busy"),
        ("/camera/ffmpeg/video.mkv", 400, "bad_request"),
    ],
)
@pytest.mark.usefixtures("streams")
def test_a_refusal_has_the_one_shape(client: FlaskClient, owner: Owner, path: str, status: int, code: str) -> None:
    response = client.get(path, headers=owner.bearer())
    assert (response.status_code, response.get_json()["error"]["code"]) == (status, code)
    assert ("Retry-After" in response.headers) == (status == 503)


def test_a_daemon_that_is_away_is_503(client: FlaskClient, owner: Owner) -> None:
    response = client.get("/camera/ffmpeg/photo", headers=owner.bearer())
    assert (response.status_code, response.get_json()["error"]["code"]) == (503, "daemon_unavailable")


@pytest.mark.usefixtures("streams")
def test_a_signed_address_opens_exactly_itself(client: FlaskClient, owner: Owner) -> None:
    def sign(path: str, token: str | None = None) -> Any:
        body = json.dumps({"path": path})
        return client.post("/api/signed-urls", data=body, headers=owner.bearer(token))

    url = sign(VIDEO).get_json()["url"]
    assert client.get(url, buffered=True).status_code == 200
    assert client.get(f"{url}&fps=5", buffered=True).status_code == 200
    assert client.get(url.replace("video", "photo")).status_code == 401
    assert client.get(url.replace("signature=", "signature=x")).status_code == 401
    assert sign("/camera/ffmpeg/else").status_code == 400
    assert sign(VIDEO, owner.restricted).status_code == 403


def test_a_worker_serves_no_more_streams_than_it_may(
    app: Flask, client: FlaskClient, owner: Owner, streams: StreamServer
) -> None:
    web = web_of(app)
    web.streams = Streams(web.streams._client, 1)
    held = client.get(VIDEO, headers=owner.bearer())
    assert client.get(VIDEO, headers=owner.bearer()).get_json()["error"]["code"] == "busy"
    assert client.get("/camera/ffmpeg/photo", headers=owner.bearer()).status_code == 200
    held.close()
    assert client.get(f"{VIDEO}?full=1", headers=owner.bearer()).status_code == 503
    assert client.get(VIDEO, headers=owner.bearer(), buffered=True).status_code == 200
    assert streams.viewers >= 0


def test_a_client_whose_token_is_revoked_sees_no_more(
    client: FlaskClient, owner: Owner, users: Users, streams: StreamServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "_CHECK_SECONDS", 0)

    class Endless(Album):
        def next(self, seconds: float) -> bytes | None:
            return b"again"

    streams.offer("camera.ffmpeg", Endless)
    response = client.get(VIDEO, headers=owner.bearer())
    body = iter(response.response)
    assert [next(body) for _ in range(70)]

    def fail(*_: object) -> None:
        raise StorageFailed

    with monkeypatch.context() as patched:
        patched.setattr(users, "authenticate", fail)
        users.generation.increment()
        assert next(body)
    users.sessions.revoke_all(NAME)
    for token in users.tokens.list(NAME):
        users.tokens.revoke(token.id)
    with pytest.raises(StopIteration):
        next(body)
    response.close()


def test_the_last_picture_is_sent_again_after_a_while_without_another(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(list(parts(Script(b"one", None, None)))) == 1
    monkeypatch.setattr(streaming, "_QUIET_SECONDS", 0)
    assert [b"one" in part for part in parts(Script(None, b"one", None, None))] == [True, True, True]


def test_a_body_gives_its_place_back_once() -> None:
    script = Script(b"one")
    body = parts(script)
    body.close()
    body.close()
    assert script.closed == 1


def test_a_client_who_takes_nothing_is_given_up_by_the_kernel() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        served, _ = listener.accept()
        with client, served, served.makefile("rb") as rfile:
            give_up_on_stalled({"wsgi.input": SimpleNamespace(rfile=rfile)})
            assert served.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 15_000
    first, second = socket.socketpair()
    with first, second, second.makefile("rb") as rfile:
        give_up_on_stalled({"wsgi.input": SimpleNamespace(rfile=rfile)})
    give_up_on_stalled({"wsgi.input": SimpleNamespace(rfile=SimpleNamespace(fileno=lambda: 99_999))})
    give_up_on_stalled({})


@pytest.mark.parametrize(
    ("options", "most"),
    [
        ({"threads": b"16"}, 8),
        ({"threads": b"1"}, 1),
        ({}, 1),
        ({"threads": True}, 1),
        ({"gevent": b"640"}, 1000),
        (None, 1000),
    ],
)
def test_threads_are_left_for_others(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, Any] | None, most: int
) -> None:
    if options is not None:
        monkeypatch.setitem(sys.modules, "uwsgi", SimpleNamespace(opt=options, connection_fd=lambda: -1))
        give_up_on_stalled({})
    assert most_streams() == most

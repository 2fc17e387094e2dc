"""What a server does that is no good Mopidy: a script behind HTTP."""

from __future__ import annotations

import base64
import http.server
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from platypush.errors import ActionFailed, BadRequest, NotFound, TooLarge, Unavailable
from platypush.plugins.music.mopidy import MusicMopidyPlugin
from platypush.plugins.music.mopidy._listener import _name
from platypush.plugins.music.mopidy._pictures import Pictures

Method = Callable[[str, dict[str, Any]], Any]
"""What a method gives; an exception becomes an error of JSON-RPC, bytes are the whole answer."""
PNG = b"\x89PNG\r\n\x1a\n......"
Make = Callable[..., MusicMopidyPlugin]


class Refusal(Exception):
    """``type`` and message of an error in Mopidy."""


def answered(method: Method, call: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"id": call["id"], "result": method(call["method"].removeprefix("core."), call["params"])}
    except Refusal as error:
        kind, text = error.args
        return {
            "id": call["id"],
            "error": {"code": 0, "message": "Application error", "data": {"type": kind, "message": text}},
        }


@pytest.fixture
def make() -> Iterator[Make]:
    servers: list[http.server.ThreadingHTTPServer] = []

    def made(method: Method, *, raw: bytes | None = None, **options: Any) -> MusicMopidyPlugin:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                calls = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self._give(raw or json.dumps([answered(method, call) for call in calls]).encode())

            def do_GET(self) -> None:
                self._give(PNG, 404 if self.path.startswith("/no/") else 200)

            def _give(self, body: bytes, status: int = 200) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                """Says nothing."""

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        return MusicMopidyPlugin(host="127.0.0.1", port=server.server_port, **options)

    yield made
    for server in servers:
        server.shutdown()
        server.server_close()


def nothing(_method: str, _params: dict[str, Any]) -> Any:
    return None


@pytest.mark.parametrize("raw", [b"<html>", b'{"error": "no"}', b"[1, 2]"])
def test_a_server_that_is_no_mopidy_is_told_apart(make: Make, raw: bytes) -> None:
    with pytest.raises(ActionFailed, match=r"not JSON|not answer as Mopidy"):
        make(nothing, raw=raw).status()


@pytest.mark.parametrize(
    ("kind", "error"),
    [("ValidationError", BadRequest), ("TracklistFull", ActionFailed), ("KeyError", ActionFailed)],
)
def test_a_refusal_says_what_mopidy_said(make: Make, kind: str, error: type[Exception]) -> None:
    def refuse(method: str, params: dict[str, Any]) -> Any:
        raise Refusal(kind, "Expected a valid URI")

    with pytest.raises(error, match=r"Mopidy at http://127\.0\.0\.1:\d+ refuses playback\.stop: Expected a valid URI"):
        make(refuse).stop()


def test_a_mopidy_without_mixer_says_so(make: Make) -> None:
    player = make(nothing)
    assert "volume" not in player.status().output
    attempts: list[Callable[[], object]] = [lambda: player.set_volume(10), player.volup, lambda: player.mute(True)]
    for attempt in attempts:
        with pytest.raises(ActionFailed, match="no mixer"):
            attempt()


def test_what_cannot_be_done_with_a_playlist_is_told(make: Make) -> None:
    def answer(method: str, params: dict[str, Any]) -> Any:
        if method == "playlists.as_list":
            return [{"name": "Mine", "uri": "m3u:Mine"}, {"name": "Broken", "uri": "m3u:Broken"}]
        if method == "playlists.get_items":
            return [] if params["uri"] == "m3u:Mine" else None
        return {"playlists.delete": False, "tracklist.get_length": 0, "tracklist.slice": []}.get(method)

    player = make(answer)
    attempts: list[Callable[[], object]] = [
        lambda: player.rm("Mine"),
        lambda: player.save("New"),
        lambda: player.playlistclear("Mine"),
    ]
    for attempt in attempts:
        with pytest.raises(ActionFailed, match="its log says why"):
            attempt()
    with pytest.raises(NotFound, match="cannot read the playlist 'Broken'"):
        player.get_playlist("Broken")
    with pytest.raises(NotFound, match=r"no playlist 'Mien'.*Mine"):
        player.get_playlist("Mien")


def test_a_playlist_of_which_nothing_is_left_cannot_be_loaded(make: Make) -> None:
    def answer(method: str, params: dict[str, Any]) -> Any:
        return {
            "playlists.as_list": [{"name": "Mine", "uri": "m3u:Mine"}],
            "playlists.get_items": [{"uri": "x:gone"}],
            "tracklist.add": [],
        }.get(method)

    with pytest.raises(ActionFailed, match="finds none of the tracks"):
        make(answer).load("Mine")


def test_a_folder_without_end_is_not_walked_for_ever(make: Make) -> None:
    def answer(method: str, params: dict[str, Any]) -> Any:
        if method == "library.browse":
            return [{"type": "directory", "uri": params["uri"] + "/x", "name": "x"}] + [
                {"type": "track", "uri": f"x:{number}", "name": "x"} for number in range(700)
            ]
        return {"library.lookup": {}, "playlists.get_uri_schemes": ["m3u"], "tracklist.get_length": 0}.get(method)

    with pytest.raises(TooLarge, match="more than 10000 tracks"):
        make(answer).add("x:root")


def test_an_action_returns_when_mopidy_does_what_it_said(make: Make) -> None:
    states = iter(["stopped", "stopped", "stopped", "playing", "playing"])

    def answer(method: str, params: dict[str, Any]) -> Any:
        if method == "playback.get_state":
            return next(states)
        return {"tracklist.get_length": 1, "playback.get_current_tlid": 7}.get(method)

    assert make(answer).play().output["state"] == "play"


def test_an_action_does_not_wait_for_ever_for_a_track_that_cannot_be_played(make: Make) -> None:
    player = make(lambda method, params: {"playback.get_state": "stopped", "tracklist.get_next_tlid": 7}.get(method))
    assert player.next().output["state"] == "stop"


def test_playlists_are_added_by_their_uri(make: Make) -> None:
    added: list[str] = []

    def answer(method: str, params: dict[str, Any]) -> Any:
        if method == "tracklist.add":
            added.extend(params["uris"])
            return [{}]
        if method == "playlists.get_items":
            return [{"uri": "x:1"}, {"uri": "x:2"}] if params["uri"] == "m3u:Mine" else None
        return {"playlists.get_uri_schemes": ["m3u"], "tracklist.get_length": 0}.get(method)

    response = make(answer).add(["m3u:Mine", "m3u:Other"])
    assert added == ["x:1", "x:2"]
    assert response.errors == ["Mopidy at http://" + response.errors[0].split("//")[1]]
    assert "no playlist 'm3u:Other'" in response.errors[0]


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("/local/a.png", {"type": "image/png", "size": len(PNG), "data": base64.b64encode(PNG).decode()}),
        (f"data:image/png;base64,{base64.b64encode(PNG).decode()}", {"type": "image/png", "size": len(PNG)}),
        ("data:text/plain,hello", None),
        ("/no/such.png", None),
        ("data:image/png;base64,!!", None),
        (f"data:text/html;base64,{base64.b64encode(b'<script>').decode()}", None),
        ("https://images.example.com/a.jpg", {"url": "https://images.example.com/a.jpg"}),
        ("http://127.0.0.1:1/a.jpg", {"url": "http://127.0.0.1:1/a.jpg"}),
        ("file:///etc/passwd", None),
        ("javascript:alert(1)", None),
    ],
)
def test_pictures_come_from_mopidy_itself(make: Make, uri: str, expected: dict[str, Any] | None) -> None:
    images = [{"uri": "/small.png", "width": 10}, {"uri": uri, "width": 500}]
    player = make(lambda method, params: {"x:1": images} if method == "library.get_images" else "3.4.1")
    art = player.album_art("x:1").output
    assert art is None if expected is None else art.items() >= {"file": "x:1", **expected}.items()


def test_pictures_of_other_servers_come_from_those_that_are_listed(make: Make) -> None:
    image = {"uri": "http://localhost:1/a.png"}
    other = make(nothing)
    there = {"uri": other._mopidy._rpc.url.replace("127.0.0.1", "localhost") + "/a.png"}
    found = {"x:away": [image], "x:there": [there]}

    def answer(method: str, params: dict[str, Any]) -> Any:
        return {uri: found[uri] for uri in params["uris"]} if method == "library.get_images" else "3.4.1"

    player = make(answer, allowed_hosts=["localhost"])
    assert player.album_art("x:away").output == {"file": "x:away", "url": image["uri"]}
    assert player.album_art("x:there").output["type"] == "image/png"


def test_a_picture_that_is_too_large_is_refused(make: Make) -> None:
    uris = iter(["/big.png", f"data:image/png;base64,{'A' * 100}"])

    def answer(method: str, params: dict[str, Any]) -> Any:
        return {"x:1": [{"uri": next(uris)}]} if method == "library.get_images" else "3.4.1"

    player = make(answer, max_picture_size=10)
    for _ in range(2):
        with pytest.raises(TooLarge):
            player.album_art("x:1")


def test_a_picture_of_a_mopidy_that_is_away_is_an_error() -> None:
    pictures = Pictures("http://127.0.0.1:1", None, 1, 1000, owner="music.mopidy")
    with pytest.raises(Unavailable):
        pictures.get([{"uri": "/local/a.png"}])


def test_a_broken_message_of_the_websocket_is_no_event() -> None:
    assert [_name(message) for message in ("{", "[]", "null", '{"x": 1}', '{"event": "seeked"}', b"\xff")] == [
        "",
        "",
        "",
        "",
        "seeked",
        "",
    ]


def test_a_proxy_without_websockets_is_named(make: Make) -> None:
    player = make(nothing)
    with pytest.raises(Unavailable, match=r"Mopidy at http://127\.0\.0\.1:\d+ has no websocket"):
        player._player.listen()

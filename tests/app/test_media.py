"""/media: what is added, by whom it is fetched, and how."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from platypush.backend.http.app.media import sending
from platypush.config.model import MediaSettings
from platypush.config.web import WebSettings
from platypush.user.service import Users
from tests.app.conftest import STRANGER, Owner
from tests.running.waiting import open_descriptors
from tests.running.web import Asked, Page, Web, running_web

FILM = b"GIF89a" + bytes(range(256)) * 4
SRT = "1\n00:00:01,000 --> 00:00:02,000\nHello\n"
VTT = b"WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nHello\n"

Ask = Callable[..., TestResponse]


@pytest.fixture
def films(settings: WebSettings) -> Path:
    assert settings.media is not None
    films = settings.media.media_dirs[0]
    (films / "a film.gif").write_bytes(FILM)
    return films


def asking(app: Flask, owner: Owner) -> Ask:
    def ask(method: str, path: str, json: Any = None, *, signed: bool = False, **headers: str) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        client = app.test_client(use_cookies=False)
        own = {} if signed else owner.bearer()
        return client.open(
            path, method=method, json=json, headers={**own, **named}, environ_overrides=STRANGER, buffered=True
        )

    return ask


@pytest.fixture
def ask(app: Flask, owner: Owner, films: Path) -> Ask:
    return asking(app, owner)


def local(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def added(ask: Ask, source: str, **fields: Any) -> dict[str, Any]:
    answer = ask("PUT", "/media", {"source": source, **fields})
    assert answer.status_code == 200, answer.data
    medium: dict[str, Any] = answer.get_json()
    return medium


def test_a_medium_has_the_fields_that_clients_have_always_known(ask: Ask, films: Path) -> None:
    source = f"file://{films}/a film.gif"
    medium = added(ask, source)
    id = hashlib.sha1(source.encode()).hexdigest()  # noqa: A001 - what it is
    url = medium.pop("url")
    assert medium == {
        "media_id": id,
        "mime_type": "image/gif",
        "name": "a film.gif",
        "prefix_handlers": ["file://"],
        "source": source,
        "subtitles": None,
    }
    assert url.startswith(f"http://localhost/media/{id}.gif?expires=")
    assert ask("GET", local(url), signed=True).data == FILM


@pytest.mark.parametrize("prefix", ["", "file://"])
@pytest.mark.parametrize("written", ["a film.gif", "a%20film.gif"])
def test_a_source_is_a_path_or_a_url_of_a_file(ask: Ask, films: Path, prefix: str, written: str) -> None:
    if prefix == "" and "%" in written:
        assert ask("PUT", "/media", {"source": f"{films}/{written}"}).status_code == 404
    else:
        assert ask("GET", local(added(ask, f"{prefix}{films}/{written}")["url"]), signed=True).data == FILM


def test_a_name_with_a_percent_sign_in_it_means_itself_first(ask: Ask, films: Path) -> None:
    (films / "a%20film.gif").write_bytes(FILM + b"x")
    assert ask("GET", local(added(ask, f"file://{films}/a%20film.gif")["url"]), signed=True).data == FILM + b"x"


def test_the_public_address_is_where_players_go(make_app: Callable[..., Flask], owner: Owner, films: Path) -> None:
    ask = asking(make_app(public_url="https://hub.example.org"), owner)
    medium = added(ask, f"{films}/a film.gif")
    assert medium["url"].startswith(f"https://hub.example.org/media/{medium['media_id']}.gif?")
    assert ask("GET", local(medium["url"]), signed=True).status_code == 200


def test_all_media_are_listed_the_newest_first(ask: Ask, films: Path) -> None:
    (films / "b.gif").write_bytes(FILM)
    first, second = added(ask, f"{films}/a film.gif"), added(ask, f"{films}/b.gif")
    listed = ask("GET", "/media").get_json()
    assert [item["media_id"] for item in listed] == [second["media_id"], first["media_id"]]
    assert listed[1].keys() == first.keys()
    assert ask("GET", local(listed[0]["url"]), signed=True).data == FILM


def test_a_medium_is_removed_by_its_id_with_or_without_an_ending(ask: Ask, films: Path) -> None:
    for ending in ("", ".gif"):
        medium = added(ask, f"{films}/a film.gif")
        gone = ask("DELETE", f"/media/{medium['media_id']}{ending}")
        assert (gone.status_code, gone.get_json()["media_id"]) == (200, medium["media_id"])
        assert ask("GET", local(medium["url"]), signed=True).status_code == 404
        assert ask("DELETE", f"/media/{medium['media_id']}").status_code == 404
    assert ask("GET", "/media").get_json() == []
    assert (films / "a film.gif").is_file()


def test_a_signature_opens_its_own_medium_until_it_expires(ask: Ask, films: Path, users: Users) -> None:
    (films / "b.gif").write_bytes(FILM)
    film, other = added(ask, f"{films}/a film.gif"), added(ask, f"{films}/b.gif")
    address = local(film["url"])
    assert ask("GET", address.replace(film["media_id"], other["media_id"]), signed=True).status_code == 401
    assert ask("GET", address.replace("expires=", "expires=1"), signed=True).status_code == 401
    assert ask("GET", address.partition("?")[0], signed=True).status_code == 401
    assert ask("DELETE", address, signed=True).status_code == 401
    path = f"/media/{film['media_id']}.gif"
    assert ask("GET", f"{path}?{users.urls.sign(path, -1)}", signed=True).status_code == 401


def test_an_address_lives_as_long_as_the_configuration_says(
    make_app: Callable[..., Flask], settings: WebSettings, owner: Owner, films: Path
) -> None:
    ask = asking(make_app(limits=replace(settings.limits, signed_url_hours=0.0001)), owner)
    short = added(ask, f"{films}/a film.gif")["url"]
    long = added(asking(make_app(), owner), f"{films}/a film.gif")["url"]
    expires = [int(url.partition("expires=")[2].partition("&")[0]) for url in (short, long)]
    assert 6 * 3600 - 5 <= expires[1] - expires[0] <= 6 * 3600 + 5


def test_parts_and_conditions_are_answered(ask: Ask, films: Path) -> None:
    address = local(added(ask, f"{films}/a film.gif")["url"])
    part = ask("GET", address, signed=True, Range="bytes=-4")
    assert (part.status_code, part.data) == (206, FILM[-4:])
    assert part.headers["Content-Range"] == f"bytes {len(FILM) - 4}-{len(FILM) - 1}/{len(FILM)}"
    assert part.headers["Content-Length"] == "4"
    whole = ask("GET", address, signed=True)
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert whole.headers["Cache-Control"] == "private, no-cache"
    assert ask("GET", address, signed=True, If_None_Match=whole.headers["ETag"]).status_code == 304
    assert ask("GET", address, signed=True, If_Match='"x"').status_code == 412
    beyond = ask("GET", address, signed=True, Range="bytes=9999-")
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{len(FILM)}")
    assert beyond.get_json()["error"]["code"] == "requested_range_not_satisfiable"
    head = ask("HEAD", address, signed=True)
    assert (head.status_code, head.data, head.headers["Content-Length"]) == (200, b"", str(len(FILM)))


def test_no_answer_leaves_the_file_open(ask: Ask, films: Path, app: Flask) -> None:
    address = local(added(ask, f"{films}/a film.gif")["url"])
    ask("GET", address, signed=True)
    before = open_descriptors()
    for method, headers in (
        ("HEAD", {}),
        ("GET", {}),
        ("GET", {"Range": "bytes=0-1"}),
        ("GET", {"Range": "bytes=9999-"}),
        ("GET", {"If_Match": '"x"'}),
        ("GET", {"If_Modified_Since": "Fri, 01 Jan 2100 00:00:00 GMT"}),
    ):
        ask(method, address, signed=True, **headers)
    # A client that leaves before it has read anything.
    app.test_client(use_cookies=False).get(address, buffered=False).close()
    assert [path for path in open_descriptors().values() if "film" in path] == []
    assert len(open_descriptors()) == len(before)


def test_a_file_that_becomes_shorter_meanwhile_ends_early(
    app: Flask, ask: Ask, films: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "_CHUNK", 100)
    address = local(added(ask, f"{films}/a film.gif")["url"])
    answer = app.test_client(use_cookies=False).get(address, buffered=False)
    pieces = iter(answer.response)
    assert next(pieces) == FILM[:100]
    os.truncate(films / "a film.gif", 150)
    assert list(pieces) == [FILM[100:150]]
    answer.close()


def test_what_is_to_be_saved_says_its_name(ask: Ask, films: Path) -> None:
    (films / 'ü "b".gif').write_bytes(FILM)
    answer = ask("PUT", "/media?download", {"source": f'{films}/ü "b".gif'})
    url = answer.get_json()["url"]
    assert url.endswith("&download")
    disposition = ask("GET", local(url), signed=True).headers["Content-Disposition"]
    assert disposition == "attachment; filename=\"_ _b_.gif\"; filename*=UTF-8''%C3%BC%20%22b%22.gif"
    plain = local(added(ask, f"{films}/a film.gif")["url"])
    assert "Content-Disposition" not in ask("GET", plain, signed=True).headers
    assert (
        ask("GET", f"{plain}&download", signed=True).headers["Content-Disposition"]
        == 'attachment; filename="a film.gif"'
    )


def test_players_on_other_pages_read_signed_addresses_only(ask: Ask, films: Path) -> None:
    medium = added(ask, f"{films}/a film.gif")
    assert ask("GET", local(medium["url"]), signed=True).headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Origin" not in ask("GET", f"/media/{medium['media_id']}").headers


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("{films}/none.gif", 404),
        ("{films}", 403),
        ("{films}/../secret.gif", 403),
        ("{films}/outside.gif", 403),
        ("/etc/passwd", 403),
        ("file:///etc/passwd", 403),
        ("file://host/x.gif", 400),
        ("a.gif", 400),
        ("ftp://host/a.gif", 400),
        ("{films}/notes.gif", 400),
        ("/" + "a" * 5000, 400),
        ("http://127.0.0.1:1/a.gif", 403),
        ("http://user:pw@127.0.0.1/a.gif", 400),
        ("http://", 400),
    ],
)
def test_what_is_no_medium_below_the_folders_is_refused(ask: Ask, films: Path, source: str, status: int) -> None:
    (films.parent / "secret.gif").write_bytes(FILM)
    (films / "outside.gif").symlink_to(films.parent / "secret.gif")
    (films / "notes.gif").write_text("no picture at all\n")
    answer = ask("PUT", "/media", {"source": source.replace("{films}", str(films))})
    assert answer.status_code == status
    assert answer.get_json()["error"]["message"]
    assert ask("GET", "/media").get_json() == []


@pytest.mark.parametrize("body", [{}, {"source": 7}, {"source": ""}, [], {"source": "/x", "subtitles": 7}])
def test_a_body_without_a_source_is_a_400(ask: Ask, body: Any) -> None:
    assert ask("PUT", "/media", body).status_code == 400


def test_without_the_section_nothing_is_served(
    make_app: Callable[..., Flask], ask: Ask, owner: Owner, films: Path
) -> None:
    medium = added(ask, f"{films}/a film.gif")
    other = asking(make_app(media=None), owner)
    assert other("GET", local(medium["url"]), signed=True).status_code == 404
    refused = other("PUT", "/media", {"source": f"{films}/a film.gif"})
    assert (refused.status_code, "section media" in refused.get_json()["error"]["message"]) == (403, True)
    elsewhere = asking(make_app(media=MediaSettings(media_dirs=(films.parent / "photos",))), owner)
    assert elsewhere("GET", local(medium["url"]), signed=True).status_code == 404
    nonsense = asking(make_app(media=MediaSettings(allowed_hosts=("http://x",))), owner)
    assert nonsense("PUT", "/media", {"source": "http://x/a.gif"}).status_code == 503


def test_a_file_that_is_replaced_by_a_link_to_the_outside_is_gone(ask: Ask, films: Path) -> None:
    address = local(added(ask, f"{films}/a film.gif")["url"])
    (films.parent / "secret.gif").write_bytes(b"secret")
    (films / "a film.gif").unlink()
    (films / "a film.gif").symlink_to(films.parent / "secret.gif")
    answer = ask("GET", address, signed=True)
    assert (answer.status_code, b"secret" in answer.data) == (404, False)


def test_nginx_is_told_what_to_send_where_it_offers_that(
    make_app: Callable[..., Flask], ask: Ask, owner: Owner, films: Path, app: Flask
) -> None:
    address = local(added(ask, f"{films}/a film.gif")["url"])
    key = hashlib.sha256(os.fsencode(films)).hexdigest()[:16]

    def sent(application: Flask, offered: str | None, **headers: str) -> str | None:
        environ = STRANGER if offered is None else {**STRANGER, "PLATYPUSH_MEDIA": offered}
        answer = application.test_client(use_cookies=False).get(
            address, headers=headers, environ_overrides=environ, buffered=True
        )
        assert answer.data == (b"" if "X-Accel-Redirect" in answer.headers else FILM[: len(answer.data)])
        return answer.headers.get("X-Accel-Redirect")

    internal = f"/_media/{key}/a%20film.gif"
    asked_for_each = make_app(accel_redirect=True)
    assert sent(app, f"0123456789abcdef {key}") == internal
    assert sent(app, key, Range="bytes=0-9") == internal
    assert sent(asked_for_each, None) == internal
    for application, offered in ((app, None), (app, "0123456789abcdef"), (app, "none"), (asked_for_each, "none")):
        assert sent(application, offered) is None
    for wanted in ("bytes=0-1,2-3", "bytes=9-1", "bytes=0-" + "9" * 30):
        assert sent(app, key, Range=wanted) is None


# --- subtitles -------------------------------------------------------------------------------------------------------


def test_subtitles_come_with_the_medium_as_webvtt(ask: Ask, films: Path) -> None:
    (films / "a.srt").write_text(SRT)
    medium = added(ask, f"{films}/a film.gif", subtitles=f"file://{films}/a.srt")
    assert medium["subtitles"] == f"{films}/a.srt"
    answer = ask("GET", local(medium["subtitles_url"]), signed=True)
    assert (answer.data, answer.headers["Content-Type"]) == (VTT, "text/vtt; charset=utf-8")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert (
        ask("GET", local(medium["subtitles_url"]), signed=True, If_None_Match=answer.headers["ETag"]).status_code == 304
    )
    assert ask("GET", f"/media/subtitles/{medium['media_id']}.vtt").data == VTT
    # Adding it again keeps them.
    assert added(ask, f"{films}/a film.gif")["subtitles"] == f"{films}/a.srt"


def test_subtitles_are_looked_for_beside_the_file_or_chosen(ask: Ask, films: Path) -> None:
    medium = added(ask, f"{films}/a film.gif")
    path = f"/media/subtitles/{medium['media_id']}.vtt"
    assert ask("GET", path).status_code == 404
    assert ask("POST", path, {}).status_code == 404
    assert ask("POST", path).status_code == 404
    (films / "a film.en.srt").write_text(SRT)
    found = ask("POST", path).get_json()
    assert found["filename"] == f"{films}/a film.en.srt"
    assert ask("GET", local(found["url"]), signed=True).data == VTT
    (films / "other.vtt").write_bytes(VTT.replace(b"Hello", b"Other"))
    chosen = ask("POST", path, {"filename": f"{films}/other.vtt"}).get_json()
    assert chosen["filename"] == f"{films}/other.vtt"
    assert b"Other" in ask("GET", path).data
    assert ask("DELETE", path).get_json() == {}
    assert ask("GET", path).status_code == 404
    assert (films / "other.vtt").is_file()


@pytest.mark.parametrize(
    ("filename", "status"),
    [
        ("/etc/passwd", 403),
        ("{films}/../a.srt", 403),
        ("{films}/a film.gif", 400),
        ("{films}/empty.srt", 400),
        ("{films}/none.srt", 404),
        ("a.srt", 400),
    ],
)
def test_subtitles_are_files_with_some_in_them_below_the_folders(
    ask: Ask, films: Path, filename: str, status: int
) -> None:
    (films / "empty.srt").touch()
    (films.parent / "a.srt").write_text(SRT)
    medium = added(ask, f"{films}/a film.gif")
    body = {"filename": filename.replace("{films}", str(films))}
    assert ask("POST", f"/media/subtitles/{medium['media_id']}.vtt", body).status_code == status
    source = {"source": f"{films}/a film.gif", "subtitles": body["filename"]}
    assert ask("PUT", "/media", source).status_code == status
    assert "subtitles_url" not in ask("GET", "/media").get_json()[0]


def test_a_link_beside_the_film_to_the_outside_is_no_subtitles(ask: Ask, films: Path) -> None:
    medium = added(ask, f"{films}/a film.gif")
    (films.parent / "secret.srt").write_text(SRT)
    (films / "a film.srt").symlink_to(films.parent / "secret.srt")
    assert ask("POST", f"/media/subtitles/{medium['media_id']}.vtt").status_code == 403


def test_subtitles_of_what_is_no_medium_are_a_404(ask: Ask, films: Path) -> None:
    for method in ("GET", "POST", "DELETE"):
        assert ask(method, f"/media/subtitles/{'0' * 40}.vtt").status_code == 404


def test_subtitles_in_a_folder_that_is_none_any_more_are_gone(
    make_app: Callable[..., Flask], ask: Ask, owner: Owner, films: Path
) -> None:
    (films / "a.srt").write_text(SRT)
    medium = added(ask, f"{films}/a film.gif", subtitles=f"{films}/a.srt")
    other = asking(make_app(media=MediaSettings()), owner)
    assert other("GET", local(medium["subtitles_url"]), signed=True).status_code == 404


# --- other servers ---------------------------------------------------------------------------------------------------


def partial(asked: Asked) -> Page:
    """A server that knows ranges: of one form, as players send them."""
    wanted = asked.headers.get("range", "")
    first, _, last = wanted.removeprefix("bytes=").partition("-")
    if not wanted:
        return Page(FILM, headers={"Content-Type": "image/gif", "Accept-Ranges": "bytes"}, conditional=True)
    if int(first) >= len(FILM):
        return Page(b"", 416, {"Content-Range": f"bytes */{len(FILM)}"})
    end = min(int(last or len(FILM)), len(FILM) - 1)
    part = FILM[int(first) : end + 1]
    return Page(part, 206, {"Content-Range": f"bytes {first}-{end}/{len(FILM)}", "Set-Cookie": "a=b", "ETag": '"v1"'})


@pytest.fixture
def web() -> Iterator[Web]:
    with running_web() as web:
        web.pages["/a.gif"] = partial
        web.pages["/a.srt"] = Page(SRT)
        yield web


@pytest.fixture
def relay(make_app: Callable[..., Flask], owner: Owner, web: Web) -> Ask:
    return asking(make_app(media=MediaSettings(allowed_hosts=("127.0.0.1",))), owner)


def test_a_medium_of_an_allowed_server_is_passed_on_in_parts(relay: Ask, web: Web) -> None:
    medium = added(relay, f"{web.url}/a.gif?key=1")
    assert (medium["mime_type"], medium["name"]) == ("image/gif", "a.gif")
    assert medium["prefix_handlers"] == ["http://", "https://"]
    address = local(medium["url"])
    whole = relay("GET", address, signed=True)
    assert (whole.status_code, whole.data, whole.headers["Content-Length"]) == (200, FILM, str(len(FILM)))
    part = relay("GET", address, signed=True, Range="bytes=6-9")
    assert (part.status_code, part.data, part.headers["ETag"]) == (206, FILM[6:10], '"v1"')
    assert part.headers["Content-Range"] == f"bytes 6-9/{len(FILM)}"
    assert "Set-Cookie" not in part.headers
    assert part.headers["Cache-Control"] == "private, no-cache"
    beyond = relay("GET", address, signed=True, Range="bytes=99999-")
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{len(FILM)}")
    assert relay("GET", address, signed=True, Range="bytes=0-1,4-5").status_code == 200
    assert relay("GET", address, signed=True, If_None_Match=whole.headers["ETag"]).status_code == 304
    head = relay("HEAD", address, signed=True, Range="bytes=0-1")
    assert (head.status_code, head.data, head.headers["Content-Length"]) == (200, b"", str(len(FILM)))
    assert web.asked[-1].method == "HEAD"
    assert "x-accel-redirect" not in whole.headers
    assert not any("x-token" in asked.headers or "authorization" in asked.headers for asked in web.asked)


def test_a_medium_that_its_server_does_not_have_any_more_is_a_404(relay: Ask, web: Web) -> None:
    medium = added(relay, f"{web.url}/a.gif")
    del web.pages["/a.gif"]
    assert relay("GET", local(medium["url"]), signed=True).status_code == 404


def test_what_is_no_medium_on_a_server_is_refused(relay: Ask, web: Web) -> None:
    web.pages["/page.gif"] = Page("<html><body>hi</body></html>", headers={"Content-Type": "image/gif"})
    assert relay("PUT", "/media", {"source": f"{web.url}/page.gif"}).status_code == 400
    assert relay("PUT", "/media", {"source": f"{web.url}/none.gif"}).status_code == 404
    web.pages["/empty.gif"] = Page(b"", 416)
    assert relay("PUT", "/media", {"source": f"{web.url}/empty.gif"}).status_code == 400


def test_a_body_that_breaks_off_ends_the_answer_and_is_one_line_in_the_log(
    relay: Ask, web: Web, caplog: pytest.LogCaptureFixture
) -> None:
    medium = added(relay, f"{web.url}/a.gif")

    def broken(asked: Asked) -> Page:
        return Page(b"3\r\nabc\r\nzz\r\n", 200, {"Transfer-Encoding": "chunked"}, conditional=False)

    web.pages["/a.gif"] = broken
    answer = relay("GET", local(medium["url"]), signed=True)
    assert (answer.status_code, answer.data) == (200, b"abc")
    assert [record.message for record in caplog.records if "broke off" in record.message]


def test_subtitles_may_be_on_a_server_too(relay: Ask, web: Web) -> None:
    medium = added(relay, f"{web.url}/a.gif", subtitles=f"{web.url}/a.srt")
    assert relay("GET", local(medium["subtitles_url"]), signed=True).data == VTT
    # Nothing lies beside a medium of another server.
    assert relay("POST", f"/media/subtitles/{medium['media_id']}.vtt").status_code == 400
    assert relay("PUT", "/media", {"source": f"{web.url}/a.gif", "subtitles": "http://[x"}).status_code == 400


def test_a_restricted_token_serves_and_sees_no_media(client: FlaskClient, owner: Owner, films: Path) -> None:
    headers = owner.bearer(owner.restricted)
    assert client.get("/media", headers=headers).status_code == 403
    assert client.put("/media", json={"source": f"{films}/a film.gif"}, headers=headers).status_code == 403

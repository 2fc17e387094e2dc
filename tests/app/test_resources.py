"""/resources/<path>, served by ourselves and by way of nginx, and nginx's question about access."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from platypush.config.web import WebSettings
from platypush.user.service import Users
from tests.app.conftest import NAME, STRANGER, Owner

BODY = bytes(range(100))


@pytest.fixture
def photos(settings: WebSettings) -> Path:
    photos = settings.resource_dirs["photos"]
    (photos / "a.bin").write_bytes(BODY)
    (photos / "sub folder").mkdir()
    (photos / "sub folder" / "ü 100%.txt").write_text("text")
    (photos / "page.html").write_text("<script>x</script>")
    (photos / "drawing.svg").write_text("<svg/>")
    (photos / "feed.rss").write_text("<rss/>")
    (photos / "paper.pdf").write_bytes(b"%PDF")
    (photos.parent / "outside.txt").write_text("secret")
    (photos / "link.txt").symlink_to(photos.parent / "outside.txt")
    (photos / "inside.txt").symlink_to(photos / "a.bin")
    (photos / "up").symlink_to("..")
    (photos / "loop").symlink_to("loop")
    os.mkfifo(photos / "fifo")
    return photos


@pytest.fixture
def get(client: FlaskClient, owner: Owner, photos: Path) -> Callable[..., TestResponse]:
    def get(path: str, method: str = "GET", **headers: str) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return client.open(path, method=method, headers={**owner.bearer(), **named}, buffered=True)

    return get


def test_a_file_is_served_whole_with_what_a_cache_needs(get: Callable[..., TestResponse]) -> None:
    answer = get("/resources/photos/a.bin")
    assert (answer.status_code, answer.data) == (200, BODY)
    assert answer.headers["ETag"]
    assert answer.headers["Last-Modified"]
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Content-Length"] == "100"


@pytest.mark.parametrize(
    ("wanted", "expected", "content_range"),
    [
        ("bytes=0-9", BODY[:10], "bytes 0-9/100"),
        ("bytes=90-", BODY[90:], "bytes 90-99/100"),
        ("bytes=-5", BODY[-5:], "bytes 95-99/100"),
        ("bytes=50-1000", BODY[50:], "bytes 50-99/100"),
        ("bytes=0-0", BODY[:1], "bytes 0-0/100"),
    ],
)
def test_a_range_is_a_206(get: Callable[..., TestResponse], wanted: str, expected: bytes, content_range: str) -> None:
    answer = get("/resources/photos/a.bin", Range=wanted)
    assert (answer.status_code, answer.data) == (206, expected)
    assert answer.headers["Content-Range"] == content_range
    assert answer.headers["Content-Length"] == str(len(expected))


@pytest.mark.parametrize("wanted", ["bytes=100-", "bytes=1000-2000"])
def test_a_range_beyond_the_end_is_a_416_that_names_the_length(get: Callable[..., TestResponse], wanted: str) -> None:
    answer = get("/resources/photos/a.bin", Range=wanted)
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == "bytes */100"
    assert answer.get_json()["error"]["code"]


@pytest.mark.parametrize("wanted", ["bytes=0-1,5-6", "bytes=9-1", "bytes=x-y", "items=0-1", "nonsense", "bytes="])
def test_what_is_no_single_range_is_ignored(get: Callable[..., TestResponse], wanted: str) -> None:
    answer = get("/resources/photos/a.bin", Range=wanted)
    assert (answer.status_code, answer.data) == (200, BODY)


def test_a_range_counts_only_while_the_file_is_the_same(get: Callable[..., TestResponse]) -> None:
    etag = get("/resources/photos/a.bin").headers["ETag"]
    assert get("/resources/photos/a.bin", Range="bytes=0-1", If_Range=etag).status_code == 206
    assert get("/resources/photos/a.bin", Range="bytes=0-1", If_Range='"other"').status_code == 200


def test_an_unchanged_file_is_a_304(get: Callable[..., TestResponse]) -> None:
    first = get("/resources/photos/a.bin")
    assert get("/resources/photos/a.bin", If_None_Match=first.headers["ETag"]).status_code == 304
    assert get("/resources/photos/a.bin", If_Modified_Since=first.headers["Last-Modified"]).status_code == 304


def test_head_has_the_headers_and_no_body(get: Callable[..., TestResponse]) -> None:
    answer = get("/resources/photos/a.bin", method="HEAD")
    assert (answer.status_code, answer.data, answer.headers["Content-Length"]) == (200, b"", "100")


def test_names_with_spaces_umlauts_and_percent_signs_work(get: Callable[..., TestResponse]) -> None:
    assert get("/resources/photos/sub%20folder/%C3%BC%20100%25.txt").data == b"text"


def test_a_link_inside_is_followed_and_one_that_leaves_is_not(get: Callable[..., TestResponse]) -> None:
    assert get("/resources/photos/inside.txt").status_code == 200
    assert get("/resources/photos/link.txt").status_code == 404
    assert get("/resources/photos/up/outside.txt").status_code == 404


TRAVERSALS = [
    "/resources/photos/../outside.txt",
    "/resources/photos/..%2foutside.txt",
    "/resources/photos/%2e%2e/outside.txt",
    "/resources/photos/%2e%2e%2foutside.txt",
    "/resources/photos/sub%20folder/../../outside.txt",
    "/resources/photos/....//outside.txt",
    "/resources/photos/..\\outside.txt",
    "/resources/photos/..%5coutside.txt",
    "/resources/photos//etc/passwd",
    "/resources/photos/%2fetc%2fpasswd",
    "/resources/photos/..%00/outside.txt",
    "/resources/photos/a.bin%00.txt",
    "/resources/../../../../etc/passwd",
    "/resources/photosx/a.bin",
    "/resources/photos/%c0%ae%c0%ae/outside.txt",
    "/resources/photos/a.bin/..",
    "/resources/photos/a.bin/",
    "/resources/photos/" + "a" * 5000,
    "/resources/photos/loop",
    "/resources/photos/fifo",
    "/resources/photos",
    "/resources/photos/",
    "/resources/photos/sub%20folder",
    "/resources/",
    "/resources/nothing/a",
]


@pytest.mark.parametrize("path", TRAVERSALS)
def test_nothing_but_a_file_inside_is_ever_served(get: Callable[..., TestResponse], path: str) -> None:
    answer = get(path)
    assert answer.status_code in (404, 308)
    assert b"secret" not in answer.data
    assert b"root:" not in answer.data


def test_a_page_of_a_folder_runs_as_a_foreign_origin_and_a_pdf_in_the_browsers_viewer(
    get: Callable[..., TestResponse],
) -> None:
    for name in ("page.html", "drawing.svg", "feed.rss"):
        assert get(f"/resources/photos/{name}").headers["Content-Security-Policy"].startswith("sandbox")
    assert "sandbox" not in get("/resources/photos/paper.pdf").headers["Content-Security-Policy"]


def test_the_longest_key_counts(
    make_app: Callable[..., Flask], settings: WebSettings, owner: Owner, users: Users, tmp_path: Path
) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "a.txt").write_text("inner")
    app = make_app(resource_dirs={"photos": settings.resource_dirs["photos"], "photos/best": inner})
    client = app.test_client(use_cookies=False)
    assert client.get("/resources/photos/best/a.txt", headers=owner.bearer(), buffered=True).data == b"inner"
    # The key of the outer folder is no right to the inner one.
    assert client.get("/resources/photos/best/a.txt", headers=owner.bearer(owner.restricted)).status_code == 403


def test_behind_nginx_the_answer_is_its_internal_address(
    make_app: Callable[..., Flask], owner: Owner, photos: Path
) -> None:
    client = make_app(accel_redirect=True).test_client(use_cookies=False)
    answer = client.get("/resources/photos/sub%20folder/%C3%BC%20100%25.txt", headers=owner.bearer())
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["X-Accel-Redirect"] == "/_resources/photos/sub%20folder/%C3%BC%20100%25.txt"
    assert client.get("/resources/photos/link.txt", headers=owner.bearer()).status_code == 404
    assert client.get("/resources/photos/a.bin").status_code == 401


def signed(users: Users, path: str) -> str:
    return f"{path}?{users.urls.sign(path)}"


def test_a_signed_address_opens_that_file_only(client: FlaskClient, owner: Owner, users: Users, photos: Path) -> None:
    address = signed(users, "/resources/photos/a.bin")
    assert client.get(address, buffered=True).status_code == 200
    assert client.get(address.replace("a.bin", "page.html")).status_code == 401
    assert client.get(address.replace("signature=", "signature=x")).status_code == 401
    assert client.get(address.replace("expires=", "expires=9")).status_code == 401


def test_a_signature_of_a_path_that_is_not_plain_opens_nothing(
    client: FlaskClient, owner: Owner, users: Users, photos: Path
) -> None:
    assert client.get(signed(users, "/resources/photos/sub folder/../a.bin")).status_code == 401


def test_an_old_signature_opens_nothing(client: FlaskClient, owner: Owner, users: Users, photos: Path) -> None:
    assert client.get(f"/resources/photos/a.bin?{users.urls.sign('/resources/photos/a.bin', -1)}").status_code == 401


def test_the_api_signs_addresses_of_files_that_exist(
    client: FlaskClient, owner: Owner, photos: Path, settings: WebSettings
) -> None:
    made = client.post(
        "/api/signed-urls", json={"path": "/resources/photos/sub folder/ü 100%.txt"}, headers=owner.bearer()
    )
    assert made.status_code == 201
    assert client.get(made.get_json()["url"], buffered=True).data == b"text"
    for path, status in [("/resources/photos/none", 404), ("/execute", 400), ("/resources/photos/../x", 400)]:
        assert client.post("/api/signed-urls", json={"path": path}, headers=owner.bearer()).status_code == status


def check(app: Flask, key: str, *, uri: str, headers: dict[str, str] | None = None) -> TestResponse:
    environ: dict[str, Any] = {**STRANGER, "REQUEST_URI": uri}
    return app.test_client(use_cookies=False).get(f"/_auth/resources/{key}", headers=headers, environ_overrides=environ)


def test_nginx_hears_yes_for_whom_the_folder_is_open(app: Flask, owner: Owner, users: Users) -> None:
    for token in (owner.jwt, owner.restricted):
        answer = check(app, "photos", uri="/resources/photos/a.bin", headers=owner.bearer(token))
        assert (answer.status_code, answer.data) == (200, b"")
    assert check(app, "photos", uri=f"/resources/photos/a.bin?token={owner.jwt}").status_code == 200
    other = users.tokens.create_api_token(NAME, "other", ("resources:videos",)).secret
    assert check(app, "photos", uri="/resources/photos/a.bin", headers=owner.bearer(other)).status_code == 403


def test_nginx_hears_no_for_a_folder_that_is_not_configured_any_more(app: Flask, owner: Owner) -> None:
    assert check(app, "videos", uri="/resources/videos/a.bin", headers=owner.bearer()).status_code == 403


def test_a_folder_may_have_a_name_in_any_script(
    make_app: Callable[..., Flask], settings: WebSettings, owner: Owner, users: Users
) -> None:
    app = make_app(resource_dirs={"фото 100%": settings.resource_dirs["photos"]})
    token = users.tokens.create_api_token(NAME, "other", ("resources:фото*",)).secret
    name = "%D1%84%D0%BE%D1%82%D0%BE%20100%25"
    assert check(app, name, uri=f"/resources/{name}/a.bin", headers=owner.bearer(token)).status_code == 200


def test_nginxs_own_location_names_the_folder_not_the_clients_address(app: Flask, owner: Owner) -> None:
    answer = check(app, "videos", uri="/resources/photos/../videos/a", headers=owner.bearer(owner.restricted))
    assert answer.status_code == 403


def test_a_signed_address_passes_nginx_and_is_never_kept_for_another_file(
    app: Flask, owner: Owner, users: Users
) -> None:
    address = signed(users, "/resources/photos/a.bin")
    answer = check(app, "photos", uri=address)
    assert (answer.status_code, answer.headers["X-Accel-Expires"]) == (200, "0")
    assert check(app, "photos", uri=address.replace("a.bin", "b.bin")).status_code == 401
    assert check(app, "photos", uri=address.replace("/photos/", "/photos/x/../")).status_code == 401


def test_the_header_with_the_original_address_counts_only_where_nothing_better_is_there(
    app: Flask, owner: Owner, users: Users
) -> None:
    address = signed(users, "/resources/photos/a.bin")
    forged = {"X-Original-URI": address}
    assert check(app, "photos", uri="/resources/photos/b.bin", headers=forged).status_code == 401
    assert check(app, "photos", uri="/_auth/resources/photos", headers=forged).status_code == 200


def test_nginx_never_hears_another_status(app: Flask) -> None:
    assert check(app, "photos", uri="/resources/photos/a.bin").status_code == 401


def test_a_cookie_is_enough_for_a_picture_in_a_page(app: Flask, owner: Owner) -> None:
    headers = {"Cookie": f"session_token={owner.session}", "Sec-Fetch-Site": "same-site"}
    assert check(app, "photos", uri="/resources/photos/a.bin", headers=headers).status_code == 200

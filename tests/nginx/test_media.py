"""Media behind nginx: the application decides, nginx sends, and both answer alike."""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.nginx.traversals import ADDRESSES
from tests.running.hub import Answer, Hub
from tests.running.nginx import Front, running_front

pytestmark = pytest.mark.live

# The beginning of a picture, so that libmagic knows it, and bytes to be told apart.
FILM = b"GIF89a" + bytes(range(256)) * 200
SIZE = len(FILM)
MTIME = 1_700_000_000


@dataclass(frozen=True)
class Place:
    """A hub, nginx in front of it, a folder of media, and one that nginx cannot enter."""

    hub: Hub
    front: Front
    films: Path

    def add(self, path: Path | str, **fields: Any) -> dict[str, Any]:
        """Make a file a medium."""
        answer = self.front.request("PUT", "/media", json.dumps({"source": str(path), **fields}), self.hub.token)
        assert answer.status == 200, answer.body
        added: dict[str, Any] = answer.json()
        return added

    def both(self, path: str, method: str = "GET", **headers: str) -> tuple[Answer, Answer]:
        """The answers by way of nginx and from the application alone."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.front.request(method, path, headers=named), self.hub.request(method, path, headers=named)


def address(medium: dict[str, Any]) -> str:
    """The signed address without its host."""
    parts = urlsplit(medium["url"])
    return f"{parts.path}?{parts.query}"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("media")
    films = folder / "my $films"
    (films / "sub folder").mkdir(parents=True)
    for name in ("a.gif", 'sub folder/ü 100% "x".gif', "drawing.svg"):
        (films / name).write_bytes(b"<svg xmlns='http://www.w3.org/2000/svg'/>" if name[0] == "d" else FILM)
        os.utime(films / name, (MTIME, MTIME))
    (films / "linked.gif").symlink_to("a.gif")
    (folder / "secret.gif").write_bytes(FILM)
    (films / "outside.gif").symlink_to(folder / "secret.gif")
    config = f"media:\n  media_dirs:\n    - {json.dumps(str(films))}\n"
    with running_front(folder / "front", config=config) as (hub, front):
        yield Place(hub, front, films)


@pytest.fixture(scope="module")
def film(place: Place) -> str:
    """The signed address of ``a.gif``."""
    return address(place.add(place.films / "a.gif"))


SAME = (
    "content-type",
    "content-length",
    "content-range",
    "etag",
    "last-modified",
    "accept-ranges",
    "cache-control",
    "content-disposition",
    "content-security-policy",
    "access-control-allow-origin",
    "x-content-type-options",
)
"""Headers that are the same by way of nginx and from the application alone."""


def compare(answers: tuple[Answer, Answer]) -> Answer:
    """The one by way of nginx, which is the same as the application's."""
    by_nginx, direct = answers
    assert by_nginx.status == direct.status
    if by_nginx.status >= 400:
        assert by_nginx.json()["error"]["code"] == direct.json()["error"]["code"]
        assert by_nginx.headers.get("content-range") == direct.headers.get("content-range")
        return by_nginx
    assert by_nginx.body == direct.body
    # Who gets a part, or nothing because nothing changed, knows the rest already.
    told = SAME if by_nginx.status == 200 else tuple(name for name in SAME if name != "accept-ranges")
    told = ("etag", "cache-control") if by_nginx.status == 304 else told
    assert {name: by_nginx.headers.get(name) for name in told} == {name: direct.headers.get(name) for name in told}
    return by_nginx


def test_a_film_is_sent_by_nginx(place: Place, film: str) -> None:
    answer = compare(place.both(film))
    assert (answer.status, answer.body, answer.headers["content-type"]) == (200, FILM, "image/gif")
    assert "x-accel-redirect" not in answer.headers
    line = place.front.logged(answer)
    assert (line["upstream_status"], line["status"], line["query"]) == ("200", 200, "(withheld)")


@pytest.mark.parametrize(
    ("wanted", "status", "part"),
    [
        ("bytes=0-9", 206, FILM[:10]),
        ("bytes=100-", 206, FILM[100:]),
        ("bytes=-5", 206, FILM[-5:]),
        (f"bytes=-{SIZE * 2}", 206, FILM),
        (f"bytes=50-{SIZE * 2}", 206, FILM[50:]),
        ("bytes=0-99999999999999999999999", 206, FILM),
        (f"bytes={SIZE - 1}-", 206, FILM[-1:]),
        ("Bytes=0-0", 206, FILM[:1]),
        (f"bytes={SIZE}-", 416, b""),
        ("bytes=-0", 416, b""),
        ("bytes=99999999999999999999999-", 416, b""),
        ("bytes=0-1,5-6", 200, FILM),
        ("bytes=0-1,-5", 200, FILM),
        ("bytes=9-1", 200, FILM),
        ("bytes=x-y", 200, FILM),
        ("bytes=0-1,x", 200, FILM),
        ("bytes=", 200, FILM),
        ("bytes", 200, FILM),
        ("items=0-1", 200, FILM),
    ],
)
def test_each_range_gets_the_same_from_both(place: Place, film: str, wanted: str, status: int, part: bytes) -> None:
    answer = compare(place.both(film, Range=wanted))
    assert answer.status == status
    if status == 416:
        assert answer.headers["content-range"] == f"bytes */{SIZE}"
    else:
        assert answer.body == part


def test_conditions_get_the_same_from_both(place: Place, film: str) -> None:
    first = compare(place.both(film))
    tag, date = first.headers["etag"], first.headers["last-modified"]
    earlier, later = "Tue, 14 Nov 2023 22:13:19 GMT", "Tue, 14 Nov 2023 22:13:21 GMT"
    for headers, status in (
        ({"If_None_Match": tag}, 304),
        ({"If_None_Match": f'"x", W/{tag}'}, 304),
        ({"If_None_Match": '"x"'}, 200),
        ({"If_None_Match": '"x"', "If_Modified_Since": date}, 200),
        ({"If_Modified_Since": date}, 304),
        ({"If_Modified_Since": later}, 304),
        ({"If_Modified_Since": earlier}, 200),
        ({"If_Match": tag}, 200),
        ({"If_Match": '"x"'}, 412),
        ({"If_Match": "*"}, 200),
        ({"If_Unmodified_Since": date}, 200),
        ({"If_Unmodified_Since": earlier}, 412),
        ({"Range": "bytes=0-1", "If_Range": tag}, 206),
        ({"Range": "bytes=0-1", "If_Range": f"W/{tag}"}, 200),
        ({"Range": "bytes=0-1", "If_Range": '"x"'}, 200),
        ({"Range": "bytes=0-1", "If_Range": date}, 206),
        ({"Range": "bytes=0-1", "If_Range": later}, 200),
        ({"Range": "bytes=0-1", "If_Range": earlier}, 200),
        ({"Range": "bytes=0-1", "If_None_Match": tag}, 304),
        ({"Range": f"bytes={SIZE}-", "If_Range": '"x"'}, 200),
    ):
        assert compare(place.both(film, **headers)).status == status, headers


def test_head_has_what_get_would_have_and_ignores_ranges(place: Place, film: str) -> None:
    for headers in ({}, {"Range": "bytes=0-9"}):
        answer = compare(place.both(film, "HEAD", **headers))
        assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"", str(SIZE))


def test_what_is_to_be_saved_has_its_name_on_both_ways(place: Place) -> None:
    film = address(place.add(place.films / "sub folder" / 'ü 100% "x".gif'))
    answer = compare(place.both(f"{film}&download"))
    assert answer.body == FILM
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"_ 100_ _x_.gif\"; filename*=UTF-8''%C3%BC%20100%25%20%22x%22.gif"
    )


def test_a_drawing_that_may_run_scripts_does_so_as_a_stranger(place: Place) -> None:
    answer = compare(place.both(address(place.add(place.films / "drawing.svg"))))
    assert answer.headers["content-security-policy"].startswith("sandbox")


def test_players_of_other_pages_may_read_signed_addresses_only(place: Place, film: str) -> None:
    assert compare(place.both(film)).headers["access-control-allow-origin"] == "*"
    path = film.partition("?")[0]
    by_token = compare(place.both(path, X_Token=place.hub.token["X-Token"]))
    assert (by_token.status, by_token.headers.get("access-control-allow-origin")) == (200, None)


def test_a_link_inside_is_followed_and_one_to_the_outside_is_not(place: Place) -> None:
    assert compare(place.both(address(place.add(place.films / "linked.gif")))).body == FILM
    body = json.dumps({"source": str(place.films / "outside.gif")})
    assert place.front.request("PUT", "/media", body, place.hub.token).status == 403


def test_what_nginx_cannot_open_is_sent_by_the_application(place: Place, film: str) -> None:
    # The tests' nginx may open everything, so it is told of another folder, where the file is not.
    shown = place.front.folder / "etc" / "nginx" / "snippets" / "platypush-media.conf"
    original = shown.read_text()
    assert "my ${platypush_dollar}films" in original
    try:
        shown.write_text(original.replace("my ${platypush_dollar}films", "elsewhere"))
        place.front.reload()
        answer = compare(place.both(film))
        assert place.front.logged(answer)["upstream_status"] == "200 : 200"
        assert answer.body == FILM
        assert compare(place.both(film, Range="bytes=-7")).body == FILM[-7:]
        assert compare(place.both(f"{film}&download")).headers["content-disposition"] == 'attachment; filename="a.gif"'
        assert compare(place.both(film.replace("signature=", "signature=x"))).status == 401
    finally:
        shown.write_text(original)
        place.front.reload()


def test_a_folder_that_nginx_was_not_told_of_yet_is_served_by_the_application(place: Place, film: str) -> None:
    shown = place.front.folder / "etc" / "nginx" / "snippets" / "platypush-media.conf"
    original = shown.read_text()
    try:
        shown.write_text("")
        place.front.reload()
        assert compare(place.both(film)).body == FILM
    finally:
        shown.write_text(original)
        place.front.reload()


def test_nobody_gets_at_the_internal_addresses(place: Place, film: str) -> None:
    shown = (place.front.folder / "etc" / "nginx" / "snippets" / "platypush-media.conf").read_text()
    key = shown.split("/_media/")[1].split("/")[0]
    for path in (f"/_media/{key}/a.gif", "/_media/", f"/_media/{key}/../secret.gif", f"/_media/{key}"):
        for headers in ({}, place.hub.token):
            assert place.front.request("GET", path, headers=headers).status == 404, path


def test_a_header_of_a_client_does_not_pass_for_nginxs_word(place: Place, film: str) -> None:
    for name in ("PLATYPUSH-MEDIA", "PLATYPUSH_MEDIA", "X-Accel-Redirect"):
        answer = place.hub.request("GET", film, headers={name: "all"})
        assert (answer.status, answer.body) == (200, FILM)
        assert "x-accel-redirect" not in answer.headers


def test_no_address_leads_out_of_the_folders(place: Place, film: str) -> None:
    shown = (place.front.folder / "etc" / "nginx" / "snippets" / "platypush-media.conf").read_text()
    key = shown.split("/_media/")[1].split("/")[0]
    bases = (b"/media/", f"/_media/{key}/".encode(), f"{film.partition('.')[0]}/".encode(), b"/media/subtitles/")
    token = f"X-Token: {place.hub.token['X-Token']}\r\n".encode()
    for number, hostile in enumerate(address for address in ADDRESSES if address.startswith(b"/resources/photos/")):
        base = bases[number % len(bases)]
        path = hostile.replace(b"/resources/photos/", base).replace(b"outside.txt", b"secret.gif")
        request = b"GET %s HTTP/1.1\r\nHost: hub.test\r\n%sConnection: close\r\n\r\n" % (path, token)
        for answer in (place.front.raw(request), _direct(place.hub, request)):
            # What resolves to another route of the hub (/media itself) shows no file.
            assert b"GIF89a" not in answer, path
            assert b"root:" not in answer, path
            assert not re.match(rb"HTTP/1\.[01] 5", answer), path


def _direct(hub: Hub, request: bytes) -> bytes:
    answer = b""
    with socket.create_connection(("127.0.0.1", hub.port), 30) as connection:
        connection.sendall(request)
        while received := connection.recv(65_536):
            answer += received
    return answer


def test_no_source_leads_out_of_the_folders(place: Place) -> None:
    climbs = ("../secret.gif", "sub folder/../../secret.gif", "./.././secret.gif", "outside.gif", "%2e%2e/secret.gif")
    sources = [f"{prefix}{place.films}/{climb}" for prefix in ("", "file://") for climb in climbs]
    sources += ["/etc/passwd", "file:///etc/passwd", f"{place.films}", f"{place.films}/", "/", "/proc/self/environ"]
    sources += [
        f"{place.films}x/../secret.gif",
        f"{place.films.parent}/secret.gif",
        f"{place.films}/a.gif/../../secret.gif",
    ]
    for source in sources:
        body = json.dumps({"source": source})
        answer = place.front.request("PUT", "/media", body, place.hub.token)
        assert answer.status in (403, 404), (source, answer.body)
    for source in (
        "films/a.gif",
        "unix:/run/x",
        "ftp://h/x",
        "file://host/x",
        "data:image/gif;base64,R0lGODlh",
        "",
        "\0",
    ):
        body = json.dumps({"source": source})
        assert place.front.request("PUT", "/media", body, place.hub.token).status == 400, source

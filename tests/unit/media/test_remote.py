"""Media of other servers: only of those that are allowed, whatever they answer."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from platypush.config.model import MediaSettings
from platypush.errors import BadRequest, Forbidden, NotFound, PlatypushError, TimeLimit, Unavailable
from platypush.media import catalogue, remote
from platypush.media.catalogue import MediaCatalogue
from platypush.media.remote import Remotes, check_url, shown
from platypush.user.service import UserSettings, open_users
from tests.running.certificates import Authority
from tests.running.waiting import open_descriptors
from tests.running.web import Asked, Page, Web, running_web

HERE = ("127.0.0.1",)


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    with running_web() as web:
        yield web


@contextlib.contextmanager
def answering(*parts: bytes, context: ssl.SSLContext | None = None, hold: bool = False) -> Iterator[str]:
    """A server that answers one request with these bytes, one part after the other; with ``hold`` it stays silent
    then until the end of the block. Gives its URL."""
    done = threading.Event()

    def serve(listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                if context is not None:
                    connection = context.wrap_socket(connection, server_side=True)
                connection.settimeout(10)
                connection.recv(65_536)
                for part in parts:
                    connection.sendall(part)
                if hold:
                    done.wait(30)
                connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        try:
            yield f"{'https' if context else 'http'}://127.0.0.1:{listener.getsockname()[1]}/a.mp4"
        finally:
            done.set()
            # Whoever waits for a client that never comes is told that nobody will.
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join(30)


def content(remotes: Remotes, url: str) -> bytes:
    answer = remotes.get(url)
    try:
        body = b""
        while chunk := answer.read(10):
            body += chunk
        return body
    finally:
        answer.close()


def test_what_an_allowed_server_has_is_read_piece_by_piece(web: Web) -> None:
    web.pages["/a.mp4"] = Page(b"0123456789" * 5, headers={"X-Other": "x"})
    assert content(Remotes(HERE), f"{web.url}/a.mp4") == b"0123456789" * 5
    assert content(Remotes((f"127.0.0.1:{web.port}",)), f"{web.url}/a.mp4?x=1") == b"0123456789" * 5


def test_the_caller_s_credentials_stay_here_and_questions_about_parts_are_passed_on(web: Web) -> None:
    def page(asked: Asked) -> Page:
        return Page(b"23", 206, {"Content-Range": "bytes 2-3/10"})

    web.pages["/part.mp4"] = page
    sent = {"Range": "bytes=2-3", "If-Range": '"x"', "Cookie": "a=b", "X-Token": "secret", "Authorization": "Basic x"}
    answer = Remotes(HERE).get(f"{web.url}/part.mp4", sent)
    assert (answer.status, answer.header("Content-Range"), answer.read(100)) == (206, "bytes 2-3/10", b"23")
    answer.close()
    asked = web.asked[-1].headers
    assert (asked["range"], asked["if-range"], asked["accept-encoding"]) == ("bytes=2-3", '"x"', "identity")
    assert not {"cookie", "x-token", "authorization"} & asked.keys()


def test_a_path_is_sent_in_the_letters_that_http_has(web: Web) -> None:
    web.pages["/%C3%BC%20b/c%25.mp4"] = Page(b"x")
    assert content(Remotes(HERE), f"{web.url}/ü%20b/c%25.mp4?q=ö") == b"x"
    assert web.asked[-1].path == "/%C3%BC%20b/c%25.mp4?q=%C3%B6"


@pytest.mark.parametrize("allowed", [(), ("public",), ("192.0.2.1",), ("127.0.0.1:1",), ("localhost",)])
def test_a_server_that_is_not_allowed_is_not_reached(web: Web, allowed: tuple[str, ...]) -> None:
    before = len(web.asked)
    with pytest.raises(Forbidden, match="allowed_hosts in the section media"):
        Remotes(allowed).get(f"{web.url}/a.mp4")
    assert len(web.asked) == before


def test_the_port_of_the_uwsgi_protocol_is_never_reached(web: Web) -> None:
    with pytest.raises(Forbidden):
        Remotes(HERE, (web.port,)).get(f"{web.url}/a.mp4")


def test_a_redirect_leads_only_to_where_the_first_address_might_have_led(web: Web) -> None:
    with running_web() as other:
        other.pages["/b.mp4"] = Page(b"b")
        web.pages["/away"] = Page(b"x" * 100_000, 302, {"Location": f"{other.url}/b.mp4"})
        web.pages["/near"] = Page(b"", 301, {"Location": "b.mp4"})
        web.pages["/b.mp4"] = Page(b"near")
        assert content(Remotes(HERE), f"{web.url}/away") == b"b"
        assert content(Remotes((f"127.0.0.1:{web.port}",)), f"{web.url}/near") == b"near"
        with pytest.raises(Forbidden):
            Remotes((f"127.0.0.1:{web.port}",)).get(f"{web.url}/away")
    for target in ("file:///etc/passwd", "unix:/run/x", "gopher://127.0.0.1/", "http://user:pw@127.0.0.1/"):
        web.pages["/odd"] = Page(b"", 307, {"Location": target})
        with pytest.raises(BadRequest):
            Remotes(HERE).get(f"{web.url}/odd")


def test_redirects_end(web: Web) -> None:
    web.pages["/round"] = Page(b"", 302, {"Location": "/round"})
    web.pages["/nowhere"] = Page(b"", 302)
    for path in ("round", "nowhere"):
        with pytest.raises(Unavailable, match="redirect"):
            Remotes(HERE).get(f"{web.url}/{path}")


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        (Page(b"", 404), NotFound),
        (Page(b"", 410), NotFound),
        (Page(b"", 401), Unavailable),
        (Page(b"", 500), Unavailable),
        (Page(b"", 206), Unavailable),
        (Page(b"", 206, {"Content-Range": "bytes x"}), Unavailable),
        (Page(b"", 200, {"Content-Encoding": "gzip"}), Unavailable),
        (Page(b"", 204), Unavailable),
    ],
)
def test_an_answer_that_is_no_medium_is_an_error(web: Web, page: Page, kind: type[PlatypushError]) -> None:
    web.pages["/x"] = page
    with pytest.raises(kind):
        Remotes(HERE).get(f"{web.url}/x")


def test_who_asks_to_come_back_later_is_asked_later(web: Web) -> None:
    web.pages["/busy"] = Page(b"", 503, {"Retry-After": "17"})
    with pytest.raises(Unavailable) as caught:
        Remotes(HERE).get(f"{web.url}/busy")
    assert caught.value.retry_after == 17


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X: %s\r\n" % (b"y" * 6000) for _ in range(20)) + b"\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 5000,
        b"\x16\x03\x01" + bytes(500),
    ],
)
def test_a_head_that_is_none_or_too_long_is_an_error(head: bytes) -> None:
    with answering(head) as url, pytest.raises(Unavailable):
        Remotes(HERE).get(url)


def test_nobody_waits_longer_than_the_time_for_a_head(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "_HEAD_SECONDS", 0.2)
    with answering(b"HTTP/1.1 200 OK\r\n", hold=True) as url, pytest.raises(TimeLimit):
        Remotes(HERE).get(url)


def test_a_body_that_stops_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "_READ_SECONDS", 0.2)
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", hold=True) as url:
        answer = Remotes(HERE).get(url)
        assert answer.read(100) == b"abc"
        with pytest.raises(TimeLimit):
            answer.read(100)
        answer.close()


def test_a_body_that_breaks_off_is_an_error() -> None:
    with answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz") as url:
        answer = Remotes(HERE).get(url)
        assert answer.read(100) == b"abc"
        with pytest.raises(Unavailable, match="broke off"):
            answer.read(100)
        answer.close()


def test_a_body_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(catalogue, "_FETCH_SECONDS", -1.0)
    users = open_users(UserSettings(url="sqlite:///main.db", workdir=tmp_path, password_cost=4), migrate=True)
    media = MediaCatalogue(users.media, users.urls, MediaSettings(allowed_hosts=HERE), hours=1)
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\na") as url, pytest.raises(TimeLimit):
        media.add(url)
    users.close()


def test_nothing_stays_open() -> None:
    before = open_descriptors().keys()
    with answering(b"HTTP/1.1 404 No\r\n\r\n") as url, pytest.raises(NotFound):
        Remotes(HERE).get(url)
    with answering(b"HTTP/1.0 200 OK\r\n\r\nabc") as url:
        answer = Remotes(HERE).get(url)
        answer.close()
    assert open_descriptors().keys() <= before


def test_a_server_that_is_away_is_said_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Unavailable, match="Connection refused"):
        Remotes(HERE).get(f"http://127.0.0.1:{port}/a.mp4?token=secret")
    with pytest.raises(Unavailable, match=r"http://no-such-host\.invalid/a\.mp4 cannot be reached"):
        Remotes(("*.invalid",)).get("http://no-such-host.invalid/a.mp4?token=secret")


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    made = Authority.make(tmp_path).issue("127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.cert, made.key)
    with answering(b"HTTP/1.1 200 OK\r\n\r\n", context=context) as url, pytest.raises(Unavailable, match="trusted"):
        Remotes(HERE).get(url)


def test_https_works_with_a_certificate_that_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority.make(tmp_path)
    made = authority.issue("127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.cert, made.key)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.cert))
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", context=context) as url:
        assert content(Remotes(HERE), url) == b"abc"


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "http://",
        "http:///x",
        "http://h:99999/",
        "http://h:x/",
        "http://h:0/",
        "http://h/ x",
        "http://h/\r\nX: y",
        "http://h/\0",
        "http://user@h/",
        "http://user:pw@h/",
        f"http://{'a' * 70}.lan/",
        "http://[::1/",
    ],
)
def test_what_is_no_plain_url_of_http_is_refused(url: str) -> None:
    with pytest.raises(BadRequest):
        check_url(url)


def test_an_address_is_shown_without_what_may_be_secret() -> None:
    assert shown("http://user:pw@h.lan:8080/a/b?token=x") == "http://h.lan:8080/a/b"
    assert shown("nonsense") == "nonsense"


def test_an_entry_that_is_no_host_is_an_error() -> None:
    with pytest.raises(ValueError, match="no host"):
        Remotes(("http://nas.lan",))

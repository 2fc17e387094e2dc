"""A web server of a test's own: pages that the test sets, and a record of who asked for what."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["Asked", "Page", "Web", "running_web"]


@dataclass(frozen=True)
class Asked:
    """One request. Header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Page:
    """What the server answers. ``etag`` and ``Last-Modified`` are honoured as a good server does."""

    body: bytes | str = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    conditional: bool = True


@dataclass
class Web:
    """The pages by path, and what was asked for. ``before`` runs before each answer: it may wait, or raise."""

    port: int
    pages: dict[str, Page | Callable[[Asked], Page]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    before: Callable[[Asked], None] = lambda _: None

    @property
    def url(self) -> str:
        """The server's address, without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away are none of the test's business."""


@contextlib.contextmanager
def running_web(before: Web | None = None) -> Iterator[Web]:
    """A server on a free port of loopback for the time of the block. With ``before`` it goes on as that one did: the
    same port, pages and record."""
    web = before or Web(0)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, headers, self.rfile.read(length))
            web.asked.append(asked)
            web.before(asked)
            page = web.pages.get(self.path) or web.pages.get(self.path.partition("?")[0]) or Page(b"nothing", 404)
            page = page(asked) if callable(page) else page
            body = page.body.encode() if isinstance(page.body, str) else page.body
            tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
            tagged = page.status == 200 and page.conditional
            same = tagged and headers.get("if-none-match") == tag
            self.send_response(304 if same else page.status)
            for name, value in page.headers.items():
                self.send_header(name, value)
            if tagged:
                self.send_header("ETag", tag)
            if not same:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if not same and self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_HEAD = answer  # noqa: N815 - the library's names

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing on the terminal."""

    server = _Server(("127.0.0.1", web.port), Handler)
    web.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

"""Stand-ins for Open-Meteo and OpenWeatherMap: an HTTP server that answers as their documentation describes."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

__all__ = ["KEY", "NOON", "WeatherService", "weather_service"]

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "weather"
KEY = "key-of-the-tests-0123456789"
NOON = 1795435200
"""The time at which the answers were recorded: 2026-11-23, 12:00 UTC."""


@dataclass
class WeatherService:
    """Both services on one port. Set ``failure`` to (status, headers, body), or ``hang`` to let callers wait."""

    port: int
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    failure: tuple[int, dict[str, str], bytes] | None = None
    hang: bool = False
    shift: int = 0
    """Seconds that are added to all times."""
    changes: dict[str, Any] = field(default_factory=dict)
    """New values in ``current`` (Open-Meteo) or ``main`` (OpenWeatherMap)."""
    arrived: threading.Event = field(default_factory=threading.Event)
    release: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self.port}/v1"

    def paths(self) -> list[str]:
        """The last part of each request's path."""
        return [path.rpartition("/")[2] for path, _ in self.requests]

    def fail(self, fixture: str, status: int, **headers: str) -> None:
        """Answer everything with a recorded error."""
        self.failure = (status, {k.replace("_", "-"): v for k, v in headers.items()}, (FIXTURES / fixture).read_bytes())

    def answer(self, path: str, query: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body."""
        self.requests.append((path, query))
        self.arrived.set()
        if self.hang:
            self.release.wait(30)
        if self.failure is not None:
            return self.failure
        name = path.rpartition("/")[2]
        if name in ("search", "get"):
            return self._place(name, query)
        if name == "forecast" and "latitude" in query:
            return self._document("openmeteo/forecast.json", "current")
        if query.get("appid") != KEY:
            return 401, {}, (FIXTURES / "openweathermap/401.json").read_bytes()
        if query.get("q") == "Nowhere":
            return 404, {}, (FIXTURES / "openweathermap/404.json").read_bytes()
        return self._document(f"openweathermap/{name}.json", "main")

    def _place(self, name: str, query: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        if query.get("name") == "Nowhere":
            name = "search-nothing"
        if name == "get" and query.get("id") != "2759794":
            return 404, {}, b'{"error": true, "reason": "Not Found"}'
        return 200, {}, (FIXTURES / f"openmeteo/{name}.json").read_bytes()

    def _document(self, fixture: str, changed: str) -> tuple[int, dict[str, str], bytes]:
        document = json.loads((FIXTURES / fixture).read_text(), object_hook=self._shifted)
        document.get(changed, {}).update(self.changes)
        return 200, {}, json.dumps(document).encode()

    def _shifted(self, data: dict[str, Any]) -> dict[str, Any]:
        def move(value: Any) -> Any:
            if isinstance(value, list):
                return [move(item) for item in value]
            return value + self.shift if isinstance(value, int) and value > NOON - 10**6 else value

        return {name: move(value) for name, value in data.items()}


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    service: WeatherService

    def __init__(self, port: int, handler: type[BaseHTTPRequestHandler]) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is none of the tests' business."""


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, _Server)
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        status, headers, body = server.service.answer(parts.path, query)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextlib.contextmanager
def weather_service(port: int = 0, **options: Any) -> Iterator[WeatherService]:
    """A running service, stopped at the end of the block; on ``port`` or on a free one."""
    server = _Server(port, _Handler)
    server.service = WeatherService(server.server_address[1], **options)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.service
    finally:
        server.service.release.set()
        server.shutdown()
        server.server_close()
        thread.join()

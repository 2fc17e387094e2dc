"""The WSGI front: answers the routes where speed matters before Flask, and keeps log and metrics for all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from platypush._lib.calls import in_call
from platypush.backend.http.app import access_log
from platypush.backend.http.app.access_check import ACCESS_PREFIX, answer_access
from platypush.backend.http.app.body import discard_body
from platypush.backend.http.app.errors import error_answer
from platypush.backend.http.app.exchange import Answer, Exchange, request_id, status_line
from platypush.backend.http.app.execute import answer_execute
from platypush.backend.http.app.headers import API_HEADERS

if TYPE_CHECKING:
    from types import TracebackType

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from platypush.backend.http.app.state import Web

__all__ = ["Front"]

Handler = Callable[["Web", "WSGIEnvironment", Exchange], Answer]
ExcInfo = tuple[type[BaseException], BaseException, "TracebackType"] | tuple[None, None, None]


class Front:
    """Stands before Flask's ``wsgi_app``. Called by many threads or greenlets at once."""

    def __init__(self, web: Web, flask: WSGIApplication) -> None:
        self._web = web
        self._flask = flask

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        client = self._web.clients.resolve(environ)
        exchange = Exchange(request_id(environ, peer_trusted=client.peer_trusted), client)
        exchange.attach(environ)
        # For the log: each line that the request leaves names it.
        with in_call(exchange.request_id, self._web.settings.limits.action_time):
            return self._dispatch(environ, start_response, exchange)

    def _dispatch(self, environ: WSGIEnvironment, start_response: StartResponse, exchange: Exchange) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/execute" and environ["REQUEST_METHOD"] == "POST":
            return self._answer("/execute", answer_execute, environ, start_response, exchange)
        if path.startswith(ACCESS_PREFIX):
            return self._answer(f"{ACCESS_PREFIX}<key>", answer_access, environ, start_response, exchange)
        return self._hand_on(environ, start_response, exchange)

    def _answer(
        self,
        route: str,
        handler: Handler,
        environ: WSGIEnvironment,
        start_response: StartResponse,
        exchange: Exchange,
    ) -> Iterable[bytes]:
        exchange.route = route
        try:
            answer = handler(self._web, environ, exchange)
        except Exception as error:  # noqa: BLE001 - boundary: whatever fails, the caller gets the one shape
            discard_body(environ)
            answer = error_answer(error, environ)
        exchange.status = answer.status
        self._record(environ, exchange)
        body = answer.body
        start_response(
            status_line(answer.status),
            [
                *answer.headers,
                *API_HEADERS,
                ("Content-Length", str(len(body))),
                ("X-Request-Id", exchange.request_id),
            ],
        )
        return () if environ["REQUEST_METHOD"] == "HEAD" else (body,)

    def _hand_on(self, environ: WSGIEnvironment, start_response: StartResponse, exchange: Exchange) -> Iterable[bytes]:
        def start(
            status: str, headers: list[tuple[str, str]], exc_info: ExcInfo | None = None, /
        ) -> Callable[[bytes], object]:
            exchange.status = int(status[:3])
            return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

        body = self._flask(environ, start)
        # Before the body, so that a file goes to the server as it is and a stream counts when it starts.
        self._record(environ, exchange)
        return body

    def _record(self, environ: WSGIEnvironment, exchange: Exchange) -> None:
        seconds = time.perf_counter() - exchange.started
        self._web.metrics.answered(exchange.route, environ["REQUEST_METHOD"], exchange.status, seconds)
        # A server that speaks uwsgi's protocol (it alone can set REQUEST_ID) says itself who asks.
        if exchange.client.forwarded and not exchange.client.peer_trusted and "REQUEST_ID" not in environ:
            self._web.metrics.came_by_untrusted_proxy()
        access_log.write(environ, exchange, seconds)

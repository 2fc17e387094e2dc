"""Streams of the daemon as answers to clients: one item, or parts without end."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from platypush.backend.http.app.errors import raise_for_reply
from platypush.errors import Busy, Unavailable
from platypush.streams import EndOfStream, StreamRequest
from platypush.streams.client import Stream, StreamClient, StreamRefused

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from platypush.message.envelope import Principal

__all__ = ["BOUNDARY", "Parts", "Streams", "give_up_on_stalled", "most_streams"]

BOUNDARY = "platypush-part"
_FIRST_SECONDS = 15.0
_QUIET_SECONDS = 10.0
"""Seconds without a new item after which the last one is sent again: servers on the way end what is silent for long,
and a client who is gone is only noticed by sending."""
_CHECK_SECONDS = 1.0
_STALLED_SECONDS = 15
_UNSENT = 256 * 1024
_MANY = 1000


class Streams:
    """Opens streams for the clients of this worker. Safe for many threads or greenlets.

    Args:
        client: the way to the daemon.
        limit: streams at once in this process: each takes a thread or greenlet for as long as it lasts.
    """

    def __init__(self, client: StreamClient, limit: int) -> None:
        self._client = client
        self._limit = limit
        self._lock = threading.Lock()
        self._open = 0

    def first(
        self, name: str, args: Mapping[str, Any], principal: Principal | None, request_id: str
    ) -> tuple[str, bytes]:
        """The type of an item, and the item as it is now. Raises what the daemon answered, and Unavailable."""
        stream = self._request(name, args, principal, request_id, single=True)
        try:
            while (item := stream.next()) is None:
                continue
            return stream.content_type, item
        except EndOfStream as error:
            raise Unavailable(f"{name} was stopped meanwhile. Try again.") from error
        finally:
            stream.close()

    def open(self, name: str, args: Mapping[str, Any], principal: Principal | None, request_id: str) -> Place:
        """A stream without end, with the place that it takes. Raises Busy, and what the daemon answered."""
        with self._lock:
            if self._open >= self._limit:
                raise Busy(
                    f"This worker has {self._limit} viewers of streams, which is its limit. Try again later, or serve "
                    "with gevent, as uwsgi.ini does.",
                    retry_after=5,
                )
            self._open += 1
        try:
            return Place(self._request(name, args, principal, request_id, single=False), self._leave)
        except BaseException:  # undone, and raised again
            self._leave()
            raise

    def _leave(self) -> None:
        with self._lock:
            self._open -= 1

    def _request(
        self, name: str, args: Mapping[str, Any], principal: Principal | None, request_id: str, *, single: bool
    ) -> Stream:
        request = StreamRequest(
            stream=name,
            args=args,
            single=single,
            principal=principal,
            time_left=_FIRST_SECONDS,
            request_id=request_id,
        )
        try:
            return self._client.open(request)
        except StreamRefused as refused:
            raise_for_reply(refused.reply)
            raise Unavailable from refused


class Place:
    """An open stream that counts as one of this worker's. For one thread or greenlet."""

    def __init__(self, stream: Stream, leave: Callable[[], object]) -> None:
        self._leave: Callable[[], object] | None = leave
        self.stream = stream

    def close(self) -> None:
        """Close the stream and free the place. Does nothing the second time."""
        leave, self._leave = self._leave, None
        if leave is not None:
            self.stream.close()
            leave()


class Parts:
    """The body of an answer ``multipart/x-mixed-replace``: each item replaces the one before (RFC 2046, 5.1).

    ``allowed`` is asked every second whether the client may go on. Ends when the stream does.
    """

    def __init__(self, place: Place, allowed: Callable[[], bool]) -> None:
        self._place = place
        self._allowed = allowed
        self._head = f"Content-Type: {place.stream.content_type}\r\nContent-Length: ".encode()
        # The boundary goes with the item before it, at whose end browsers show that item, not at the next one's start.
        self._tail = f"\r\n--{BOUNDARY}\r\n".encode()
        self._part = b""
        self._sent = self._checked = time.monotonic()

    def __iter__(self) -> Parts:
        return self

    def __next__(self) -> bytes:
        lead = b"" if self._part else self._tail[2:]
        while True:
            try:
                item = self._place.stream.next()
            except EndOfStream:
                raise StopIteration from None
            now = time.monotonic()
            if now - self._checked >= _CHECK_SECONDS:
                self._checked = now
                if not self._allowed():
                    raise StopIteration
            if item is not None:
                self._part = b"%b%d\r\n\r\n%b%b" % (self._head, len(item), item, self._tail)
            elif not self._part or now - self._sent < _QUIET_SECONDS:
                continue
            self._sent = now
            return lead + self._part if lead else self._part

    def close(self) -> None:
        """Called by the server when the client is gone or has everything."""
        self._place.close()


def give_up_on_stalled(environ: WSGIEnvironment) -> None:
    """Have the kernel end the client's connection when he takes nothing for some seconds, and keep little for him.

    Without it a browser that was put to sleep would keep its place for a minute. tcp(7): ``TCP_USER_TIMEOUT`` counts
    for data that is not acknowledged as well as for a receiver without room.
    """
    client = _client_socket(environ)
    if client is None:
        return
    with client:
        if client.family not in (socket.AF_INET, socket.AF_INET6):
            return  # nginx, which has limits of its own
        try:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _STALLED_SECONDS * 1000)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT)
        except OSError:
            return  # gone already


def most_streams() -> int:
    """How many streams one process may serve: with threads only half of them, so that others are served as well."""
    uwsgi = _uwsgi()
    if uwsgi is None or "gevent" in uwsgi.opt:
        return _MANY
    threads = uwsgi.opt.get("threads", b"1")
    return max(1, int(threads) // 2) if isinstance(threads, (bytes, str)) and threads.isdigit() else 1


def _client_socket(environ: WSGIEnvironment) -> socket.socket | None:
    """The client's connection, as a copy of its own; None where the server does not tell."""
    given = getattr(environ.get("wsgi.input"), "rfile", None)  # the built-in server reads from the connection itself
    try:
        if given is not None:
            return socket.socket(fileno=os.dup(given.fileno()))
        uwsgi = _uwsgi()
        return None if uwsgi is None else socket.socket(fileno=os.dup(uwsgi.connection_fd()))
    except (OSError, ValueError):
        return None


def _uwsgi() -> Any:
    try:
        return import_module("uwsgi")
    except ImportError:
        return None  # the module exists inside uWSGI only

"""Connections that go to allowed addresses only.

The check is made on the very address that is connected to, for every connection, those after a redirect among them:
a name that changes its address in between gains nothing.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Any

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NameResolutionError, NewConnectionError
from urllib3.poolmanager import PoolManager
from urllib3.util.connection import allowed_gai_family

from platypush.errors import Forbidden
from platypush.plugins.http.request._addresses import AllowedHosts

__all__ = ["CheckedAdapter", "Guard"]


class Guard:
    """Ends everything that one request does when its time is over, whatever it waits for: a server may send one byte
    now and then, and no time-out for a single read would ever pass. A context manager."""

    def __init__(self, seconds: float) -> None:
        self.expired = False
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.daemon = True

    def __enter__(self) -> Guard:
        self._timer.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._timer.cancel()
        with self._lock:
            for item in self._sockets:
                item.close()
            self._sockets.clear()

    def watch(self, connected: socket.socket) -> None:
        """Shut ``connected`` down at the end of the time."""
        with self._lock:
            # A second descriptor: TLS takes the first one over.
            self._sockets.append(connected.dup())

    def _expire(self) -> None:
        with self._lock:
            self.expired = True
            for item in self._sockets:
                try:
                    item.shutdown(socket.SHUT_RDWR)
                except OSError:
                    # Gone already.
                    continue


class CheckedAdapter(HTTPAdapter):
    """An adapter for ``requests`` whose connections obey ``allowed``; a refused one raises Forbidden."""

    def __init__(self, allowed: AllowedHosts, guard: Guard) -> None:
        self._allowed = allowed
        self._guard = guard
        super().__init__(max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:
        """Called by ``requests``."""
        manager = PoolManager(num_pools=connections, maxsize=maxsize, block=block, **kwargs)
        manager.pool_classes_by_scheme = _pools(self._connect)
        self.poolmanager = manager

    def build_response(self, req: PreparedRequest, resp: Any) -> Response:
        """Called by ``requests``, which would read the body of a redirect however long it is."""
        response = super().build_response(req, resp)
        if response.is_redirect:
            response.raw.close()
        return response

    def _connect(self, connection: HTTPConnection) -> socket.socket:
        connected = _connect(connection, self._allowed)
        self._guard.watch(connected)
        return connected


def _pools(connect: Callable[[HTTPConnection], socket.socket]) -> dict[str, type[HTTPConnectionPool]]:
    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return connect(self)

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return connect(self)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


def _connect(connection: HTTPConnection, allowed: AllowedHosts) -> socket.socket:
    host = connection.host.strip("[]")
    try:
        found = socket.getaddrinfo(host, connection.port, allowed_gai_family(), socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        reason = error if isinstance(error, socket.gaierror) else socket.gaierror(str(error))
        raise NameResolutionError(host, connection, reason) from error
    addresses = [address for _, _, _, _, address in found if allowed.allows(host, str(address[0]))]
    if not addresses:
        raise Forbidden(
            f"http.request may not reach {host} ({', '.join(sorted({str(item[4][0]) for item in found}))}). "
            "Add it to allowed_hosts in the section http.request."
        )
    failure: OSError | None = None
    for address in addresses:
        try:
            return socket.create_connection((str(address[0]), int(address[1])), _seconds(connection.timeout))
        except OSError as error:
            failure = error
    raise NewConnectionError(connection, f"Failed to establish a new connection: {failure}") from failure


def _seconds(timeout: Any) -> float | None:
    return float(timeout) if isinstance(timeout, (int, float)) else None

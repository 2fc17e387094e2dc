"""The connections of ``requests``, made by ``connect``: those after a redirect among them."""

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

from platypush.outgoing.connect import connect
from platypush.outgoing.hosts import AllowedHosts

__all__ = ["CheckedAdapter", "Guard"]


class Guard:
    """Ends everything that one request does when its time is over, whatever it waits for: a server may send one byte
    now and then, and no time-out for a single read would ever pass. A context manager."""

    def __init__(self, seconds: float) -> None:
        self.expired = False
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self.expire)
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
            if self.expired:
                # It was connected while everything ended.
                connected.shutdown(socket.SHUT_RDWR)

    def expire(self) -> None:
        """End everything now. From any thread."""
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

    def __init__(self, allowed: AllowedHosts, guard: Guard, owner: str, fingerprint: str | None = None) -> None:
        self._fingerprint = fingerprint
        self._allowed = allowed
        self._guard = guard
        self._owner = owner
        super().__init__(max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:
        """Called by ``requests``."""
        if self._fingerprint is not None:
            kwargs |= {"assert_fingerprint": self._fingerprint, "assert_hostname": False}
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
        host = connection.host.strip("[]")
        try:
            connected = connect(
                host,
                connection.port,
                self._allowed,
                owner=self._owner,
                timeout=_seconds(connection.timeout),
                family=allowed_gai_family(),
            )
        except socket.gaierror as error:
            raise NameResolutionError(host, connection, error) from error
        except OSError as error:
            raise NewConnectionError(connection, f"Failed to establish a new connection: {error}") from error
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


def _seconds(timeout: Any) -> float | None:
    return float(timeout) if isinstance(timeout, (int, float)) else None

"""Connections to a Redis server: how one is named in a configuration, with a time-out on everything, errors as ours.

The library is imported when the first client is made: the bus's own modules load without it.
"""

from __future__ import annotations

import inspect
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from platypush._lib.suggest import did_you_mean
from platypush.errors import ActionFailed, BadRequest, PlatypushError, Unavailable

__all__ = ["RedisServer"]

_OURS = frozenset(
    {"self", "connection_pool", "decode_responses", "encoding", "encoding_errors", "retry", "retry_on_error"}
    | {"retry_on_timeout", "single_connection_client", "redis_connect_func", "credential_provider", "protocol"}
    | {"cache", "cache_config", "event_dispatcher", "legacy_responses", "maint_notifications_config"}
    | {"oss_cluster_maint_notifications_handler", "driver_info"}
)
"""Arguments of the library's constructor that a configuration cannot set: they change how it is spoken to."""

_CONNECT_SECONDS = 2.0
_KEEPALIVE = {socket.TCP_KEEPIDLE: 10, socket.TCP_KEEPINTVL: 5, socket.TCP_KEEPCNT: 3}
"""A server that vanished without a word is noticed after 25 s, also by a connection that waits for nothing."""


class RedisServer:
    """One Redis server, as a configuration names it. Making one opens nothing. Immutable."""

    def __init__(self, args: Mapping[str, Any] | None = None) -> None:
        """``args`` are those of redis-py's ``Redis`` (``host``, ``port``, ``db``, ``username``, ``password``,
        ``unix_socket_path``, ``ssl``, ``ssl_ca_certs``, …), or ``url`` and any of them.

        Raises ValueError for an argument that there is not, ImportError without the library.
        """
        values = dict(args or {})
        url = values.pop("url", None)
        self._args: dict[str, Any] = {**(_from_url(url) if url else {}), **values}
        known = self.keys()
        for name in self._args:
            if name not in known:
                raise ValueError(f"Redis has no setting {name!r}.{did_you_mean(name, known)}")
        path = self._args.get("unix_socket_path")
        place = path or f"{self._args.get('host', 'localhost')}:{self._args.get('port', 6379)}"
        self.name = f"Redis at {place}"
        """For messages; without credentials."""

    @staticmethod
    def keys() -> frozenset[str]:
        """The settings that a configuration may have."""
        from redis import Redis

        return frozenset(inspect.signature(Redis.__init__).parameters) - _OURS

    def client(self, *, timeout: float = 5.0, **options: Any) -> Any:
        """A ``redis.Redis`` with a pool of its own, which connects at its first command; for many threads.

        ``timeout`` is in seconds, for each answer. Nothing is ever sent again by itself.
        """
        from redis import Redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        tcp = {} if self._args.get("unix_socket_path") else {"socket_keepalive_options": _KEEPALIVE}
        return Redis(
            **{
                "socket_timeout": timeout,
                "socket_connect_timeout": min(_CONNECT_SECONDS, timeout),
                "socket_keepalive": True,
                "client_name": "platypush",
                **tcp,
                **self._args,
                "protocol": 2,
                "retry": Retry(NoBackoff(), 0),
                **options,
            }
        )

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Have the library's errors raised as those of ``reason``."""
        from redis.exceptions import RedisError

        try:
            yield
        except (RedisError, OSError) as error:
            raise self.reason(error) from error

    def reason(self, error: Exception) -> PlatypushError:
        """What an error of the library, or of the system, means: Unavailable (the server is away, or lets nobody in),
        BadRequest (no such value) or ActionFailed (it refuses the command)."""
        from redis import exceptions

        if isinstance(error, exceptions.AuthenticationError):
            return Unavailable(f"{self.name} lets nobody in: {error} Check username and password.")
        if isinstance(error, exceptions.TimeoutError):
            return Unavailable(f"{self.name} did not answer in time: {_plain(error)}")
        if isinstance(error, (exceptions.ConnectionError, OSError)):
            return Unavailable(f"{self.name} cannot be reached: {_plain(error)}")
        if isinstance(error, exceptions.DataError):
            return BadRequest(f"{self.name} cannot hold that: {error}")
        return ActionFailed(f"{self.name} refuses: {error}")


def _from_url(url: str) -> dict[str, Any]:
    """The arguments in ``redis://user:password@host:6379/0``, ``rediss://`` or ``unix:///path?db=0``."""
    from redis import connection

    parse: Any = connection.parse_url
    try:
        args: dict[str, Any] = dict(parse(url))
    except ValueError as error:
        raise ValueError(f"The URL of Redis is none, such as redis://host:6379/0: {error}") from None
    if args.pop("connection_class", None) is connection.SSLConnection:
        args["ssl"] = True
    if "path" in args:
        args["unix_socket_path"] = args.pop("path")
    return args


def _plain(error: BaseException) -> str:
    """The system's words for the cause, where it has any: the library repeats the address."""
    cause = error.__cause__ or error.__context__
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return str(error) or type(error).__name__

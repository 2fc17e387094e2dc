"""Values and queues in Redis, and requests to other hubs over its queues."""

from __future__ import annotations

import threading
import time
from typing import Any

import redis  # noqa: F401 - missing, it is what the plugin lacks

from platypush._lib.ids import new_id
from platypush._lib.presence import Presence
from platypush.config.secrets import reveal
from platypush.errors import ActionFailed, BadRequest, TimeLimit, Unavailable
from platypush.message import Message, decode, encode
from platypush.message.request import Request
from platypush.outgoing.redis import RedisServer
from platypush.plugins import action
from platypush.plugins.services import ServicePlugin

__plugin__ = "RedisPlugin"
__all__ = ["RedisPlugin"]

_RESPONSES = "platypush/responses/"
_LONGEST_WAIT = 3600.0
_ROUND = 1.0
Value = str | int | float | bool | list[Any] | dict[str, Any]


class RedisPlugin(ServicePlugin):
    """Read and write Redis, and send messages to its queues.

    Without a key that says where the server is, that of ``backend.redis`` is used.
    """

    def __init__(
        self,
        *,
        url: str | None = None,
        host: str | None = None,
        port: int | None = None,
        db: int | None = None,
        username: str | None = None,
        password: str | None = None,
        unix_socket_path: str | None = None,
        ssl: bool | None = None,
        ssl_ca_certs: str | None = None,
        ssl_certfile: str | None = None,
        ssl_keyfile: str | None = None,
        ssl_check_hostname: bool | None = None,
        timeout: float = 5,
        **kwargs: Any,
    ) -> None:
        """
        :param url: All in one: ``redis://user:password@host:6379/0``, ``rediss://`` with TLS, ``unix:///path``.
        :param host: The server; by default this machine.
        :param port: Its port, by default 6379.
        :param db: The number of the database, by default 0.
        :param username: Who signs in, where Redis has an access list.
        :param password: The password.
        :param unix_socket_path: The server's unix socket, in place of ``host`` and ``port``.
        :param ssl: Whether to use TLS.
        :param ssl_ca_certs: File with the certificates that are trusted; by default the system's.
        :param ssl_certfile: File with a certificate of our own.
        :param ssl_keyfile: File with its key.
        :param ssl_check_hostname: Whether the certificate has to name ``host``.
        :param timeout: Seconds that an answer may take.
        """
        given = {
            "url": url,
            "host": host,
            "port": port,
            "db": db,
            "username": username,
            "password": password,
            "unix_socket_path": unix_socket_path,
            "ssl": ssl,
            "ssl_ca_certs": ssl_ca_certs,
            "ssl_certfile": ssl_certfile,
            "ssl_keyfile": ssl_keyfile,
            "ssl_check_hostname": ssl_check_hostname,
        }
        self._own = {name: value for name, value in given.items() if value is not None}
        self._own |= {name: kwargs.pop(name) for name in RedisServer.keys() & kwargs.keys()}
        super().__init__(**kwargs)
        self._timeout = timeout
        self._lock = threading.Lock()
        self._link: _Link | None = None
        if self._own:
            self._link = self._connected(self._own)

    @action
    def send_message(self, queue: str, msg: Value) -> int:
        """Put a message at the end of a queue (a Redis list).

        :param queue: Name of the queue.
        :param msg: Text as it is; a list or dictionary as JSON.
        :return: How many messages the queue has now.
        """
        return int(self._run("rpush", queue, _stored(msg)))

    @action
    def receive_message(self, queue: str, timeout: float = 5) -> str | None:
        """Take the first message off a queue, and wait for it while there is none.

        :param queue: Name of the queue.
        :param timeout: Seconds to wait, at most an hour.
        :return: The message; null when none came.
        """
        raw = self._pop(queue, timeout)
        return None if raw is None else _text(raw)

    @action
    def request(
        self, queue: str, action: str, args: dict[str, Any] | None = None, token: str | None = None, timeout: float = 10
    ) -> Any:
        """Run an action on another hub, whose ``backend.redis`` listens to a queue, and wait for what it gives.

        :param queue: The other hub's queue.
        :param action: The action, such as ``tts.say``.
        :param args: Its arguments.
        :param token: A token of the other hub; not needed where that hub trusts the queue.
        :param timeout: Seconds to wait, at most an hour.
        :return: The output of the action.
        """
        message = Request(action=action, args=args or {}, id=new_id(), origin=self._device_id()).to_dict()
        if token:
            message["token"] = token
        self._run("rpush", queue, encode(message))
        raw = self._pop(_RESPONSES + message["id"], timeout)
        if raw is None:
            raise TimeLimit(
                f"No answer from {queue!r} within {timeout:g} s: nobody listens there, or {action} takes longer. "
                "It may still run."
            )
        answer = decode(raw).get("response", {})
        if answer.get("errors"):
            raise ActionFailed("; ".join(str(error) for error in answer["errors"]))
        return answer.get("output")

    @action
    def get(self, key: str) -> str | None:
        """Get a value.

        :param key: Its name.
        :return: The value as text; null when there is none.
        """
        raw = self._run("get", key)
        return None if raw is None else _text(raw)

    @action
    def set(self, key: str, value: Value, expiration: float | None = None) -> bool:
        """Set a value.

        :param key: Its name.
        :param value: Text or number; a list or dictionary is stored as JSON.
        :param expiration: Seconds after which it is gone.
        :return: True.
        """
        return bool(self._run("set", key, _stored(value), px=None if expiration is None else _milliseconds(expiration)))

    @action
    def mget(self, keys: str | list[str], *args: str) -> dict[str, str | None]:
        """Get several values.

        :param keys: Their names.
        :return: Name to value; null where there is none.
        """
        names = [*([keys] if isinstance(keys, str) else keys), *args]
        if not names:
            raise BadRequest("redis.mget needs the names of keys: keys=['a', 'b'].")
        values = self._run("mget", names)
        return {name: None if raw is None else _text(raw) for name, raw in zip(names, values, strict=True)}

    @action
    def mset(self, **kwargs: Value) -> bool:
        """Set several values, all or none: ``mset(a=1, b='text')``.

        :return: True.
        """
        if not kwargs:
            raise BadRequest("redis.mset needs keys and values: mset(a=1, b='text').")
        return bool(self._run("mset", {name: _stored(value) for name, value in kwargs.items()}))

    @action
    def expire(self, key: str, expiration: float) -> bool:
        """Let a key vanish after some time.

        :param key: Its name.
        :param expiration: Seconds from now.
        :return: Whether there was one.
        """
        return bool(self._run("pexpire", key, _milliseconds(expiration)))

    @action
    def delete(self, *args: str, keys: str | list[str] | None = None) -> int:
        """Delete keys, given by position (``delete('a', 'b')``) or by name.

        :param keys: Their names.
        :return: How many there were.
        """
        names = [*args, *([keys] if isinstance(keys, str) else keys or [])]
        if not names:
            raise BadRequest("redis.delete needs the names of keys: keys=['a', 'b'].")
        return int(self._run("delete", *names))

    def on_stop(self) -> None:
        """Close the connections."""
        with self._lock:
            link, self._link = self._link, None
        if link is not None:
            link.client.close()

    def _run(self, command: str, *args: Any, **options: Any) -> Any:
        link = self._current()
        try:
            with link.server.errors():
                result = getattr(link.client, command)(*args, **options)
        except Unavailable as error:
            link.presence.lost(error.message)
            raise
        link.presence.found()
        return result

    def _pop(self, queue: str, seconds: float) -> bytes | None:
        # In short rounds: a server that vanished meanwhile is noticed.
        deadline = time.monotonic() + min(max(seconds, 0.0), _LONGEST_WAIT)
        found: bytes | None = self._run("lpop", queue)
        while found is None and (left := deadline - time.monotonic()) > 0:
            popped = self._run("blpop", [queue], timeout=max(0.01, min(left, _ROUND, self._timeout / 2)))
            found = None if popped is None else popped[1]
        return found

    def _current(self) -> _Link:
        args = self._own or self._backends()
        link = self._link
        if link is None or link.args != args:
            with self._lock:
                link = self._link
                if link is None or link.args != args:
                    if link is not None:
                        link.client.close()
                    link = self._link = self._connected(args)
        return link

    def _connected(self, args: dict[str, Any]) -> _Link:
        return _Link(args, RedisServer(args), self._timeout, self.logger)

    def _backends(self) -> dict[str, Any]:
        """Where ``backend.redis`` finds its server, as the configuration says it now."""
        if self._services is None:
            return {}
        section = reveal(self._services.config.backends.get("redis", {}))
        return dict(section.get("redis_args") or {})

    def _device_id(self) -> str | None:
        return None if self._services is None else self._services.config.device_id


class _Link:
    """A server with its client; connections are made by the client's first commands."""

    def __init__(self, args: dict[str, Any], server: RedisServer, timeout: float, logger: Any) -> None:
        self.args = args
        self.server = server
        self.client = server.client(timeout=timeout)
        self.presence = Presence(logger, server.name)


def _stored(value: Any) -> bytes | str | int | float:
    if isinstance(value, Message):
        return value.to_json()
    if isinstance(value, (bytes, str, int, float)) and not isinstance(value, bool):
        return value
    if value is None:
        raise BadRequest("Redis has no null. To remove a key run redis.delete.")
    return encode(value)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _milliseconds(seconds: float) -> int:
    if not 0 < seconds < 1e12:
        raise BadRequest(f"A time in seconds has to be more than 0, and this is {seconds:g}.")
    return max(1, int(seconds * 1000))

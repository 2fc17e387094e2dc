"""Messages from and to other nodes over queues in Redis."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

import redis  # noqa: F401 - missing, it is what the backend lacks

from platypush._lib.threads import WorkerPool
from platypush.backend.redis._messages import RESPONSES, age_of, outgoing, reply_queue, response_for
from platypush.backend.services import ServiceBackend
from platypush.bus.replies import error_reply
from platypush.config.secrets import reveal
from platypush.errors import BadRequest, PlatypushError
from platypush.message import Message, decode
from platypush.message.envelope import Principal
from platypush.outgoing.redis import RedisServer

__all__ = ["RedisBackend"]

_BLOCK = 1.0
"""Seconds that Redis may hold an empty answer back; a stop waits for that long."""
_SECONDS = 5.0
_REPLY_SECONDS = 60
_GRACE = 10.0


class RedisBackend(ServiceBackend):
    """Runs the requests and posts the events that others put in a queue of Redis, and sends messages to queues.

    A request or event needs the ``token`` of a user of this hub in it, unless it comes from a queue that
    ``trusted_queues`` names. Whoever can write to such a queue can run everything.
    """

    def __init__(
        self,
        queue: str = "platypush/bus",
        redis_args: dict[str, Any] | None = None,
        *,
        trusted_queues: list[str] | None = None,
        token: str | None = None,
        max_age: float = 60,
        max_calls: int = 32,
        reply_prefix: str = RESPONSES,
    ) -> None:
        """
        :param queue: The queue (a Redis list) that is listened to. Two hubs on one Redis need two names.
        :param redis_args: Where Redis is: ``host``, ``port``, ``db``, ``username``, ``password``,
            ``unix_socket_path``, ``ssl``, ``ssl_ca_certs`` and what else redis-py's constructor takes, or ``url``. By
            default what the section ``redis`` says, else this machine.
        :param trusted_queues: Queues that are listened to and whose messages need no token; ``queue`` itself may be
            one.
        :param token: Token of the other hub, put into the messages that this one sends and that have none.
        :param max_age: Seconds after which a message is not run any more, by its ``_timestamp``; 0 for never.
        :param max_calls: Messages that run at once. More wait in Redis.
        :param reply_prefix: How a queue that a request names for its answer (``reply_queue``) has to begin.
        """
        super().__init__()
        trusted = trusted_queues or []
        if not isinstance(trusted, list) or not all(isinstance(name, str) for name in trusted):
            raise ValueError("trusted_queues is a list of names, such as [platypush/sensors].")
        if max_calls < 1:
            raise ValueError(f"max_calls is {max_calls}, and one message at least has to run.")
        if not reply_prefix:
            raise ValueError("reply_prefix is empty: answers could be written to any key.")
        self.queue = queue
        self.redis_args = dict(redis_args or {})
        # Messages that need no look at a credential first: Redis goes through the queues in this order.
        self._queues = tuple(dict.fromkeys((*trusted, queue)))
        self._trusted = frozenset(trusted)
        self._token = token
        self._max_age = max_age
        self._reply_prefix = reply_prefix
        self._free = threading.BoundedSemaphore(max_calls)
        self._pool = WorkerPool("backend.redis", max_calls)
        self._lock = threading.Lock()
        self._said_old = False
        self._sending: tuple[RedisServer, Any] | None = None
        self._listening: Any = None
        # A mistyped setting is told now, not when Redis is first needed.
        RedisServer(self.redis_args)

    def send_message(
        self,
        msg: Message | Mapping[str, Any] | str,
        queue_name: str | None = None,
        *,
        reply_queue: str | None = None,
        **_: Any,
    ) -> None:
        """Put ``msg`` in the queue ``queue_name``, by default our own, for whoever listens there. From any thread.

        ``reply_queue`` is where the answer to a request has to go. Raises Unavailable when Redis is away.
        """
        device_id = None if self._services is None else self._services.config.device_id
        data = outgoing(msg, token=self._token, reply_to=reply_queue, device_id=device_id)
        server, client = self._sender()
        with server.errors():
            client.rpush(queue_name or self.queue, data)

    def run(self) -> None:
        """Take messages off the queues until the hub stops. Raises Unavailable when Redis is away."""
        server = self._server()
        client = self._listening = server.client(timeout=_SECONDS)
        try:
            with server.errors():
                self._listen(client)
        except Exception:  # boundary: the library, whose connection was taken away
            # ``on_stop`` took the connection away: what the library makes of that is of no interest.
            if not self.should_stop():
                raise
        finally:
            self._listening = None
            client.close()
            if self.should_stop():
                self._close(_GRACE)

    def on_stop(self) -> None:
        """Stop listening. What Redis hands over at this moment is still taken."""
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(_BLOCK + 0.25)
        listening = self._listening
        if listening is not None:
            # Redis does not answer: nothing is lost by not waiting for it.
            listening.connection_pool.disconnect()
            with self._lock:
                if self._sending is not None:
                    self._sending[1].connection_pool.disconnect()
        if thread is None or not thread.is_alive():
            self._close(0)

    def _listen(self, client: Any) -> None:
        client.ping()
        self.presence.found()
        while not self.should_stop():
            # What cannot run now stays in Redis, where nobody loses it.
            if not self._free.acquire(timeout=_BLOCK):
                continue
            taken = False
            try:
                popped = client.blpop(self._queues, timeout=_BLOCK)
                taken = popped is not None and self._pool.submit(partial(self._handle, *popped))
            finally:
                if not taken:
                    self._free.release()

    def _handle(self, queue: bytes, raw: bytes) -> None:
        try:
            self._take(queue.decode("utf-8", "replace"), raw)
        finally:
            self._free.release()

    def _take(self, queue: str, raw: bytes) -> None:
        message = self._read(queue, raw)
        if message is None:
            return
        trusted = Principal("redis", None, queue) if queue in self._trusted else None
        try:
            reply_to = self._reply_to(message)
            reply = self.services.run_message(raw, origin="redis", address=f"redis:{queue}", trusted=trusted)
        except BadRequest as error:
            reply_to, reply = reply_queue({"id": message.get("id")}, self._reply_prefix), error_reply(error)
        if reply.status >= 400:
            reason = decode(reply.body)["error"]["message"]
            self.logger.warning("A message in the queue %s was refused: %s", queue, reason)
        if reply_to is not None and message.get("type") == "request":
            self._answer(reply_to, response_for(message, reply, device_id=self.services.config.device_id))

    def _read(self, queue: str, raw: bytes) -> dict[str, Any] | None:
        """The message; None when there is nothing to run."""
        limit = self.services.config.limits.request_body
        if len(raw) > limit:
            self.logger.warning("Dropped a message of %d bytes in the queue %s: at most %d", len(raw), queue, limit)
            return None
        try:
            message = decode(raw)
        except BadRequest as error:
            self.logger.warning("Dropped what is no message in the queue %s: %s", queue, error)
            return None
        if not isinstance(message, dict):
            self.logger.warning("Dropped what is no message in the queue %s: it is no JSON object", queue)
            return None
        if message.get("type") == "response":
            self.logger.debug("Dropped a response in the queue %s: nobody waits for it there", queue)
            return None
        age = age_of(message, time.time())
        if self._max_age and age > self._max_age:
            self._tell_old(queue, age)
            return None
        return message

    def _tell_old(self, queue: str, age: float) -> None:
        level = logging.DEBUG if self._said_old else logging.WARNING
        self._said_old = True
        self.logger.log(
            level,
            "Dropped a message in the queue %s that was made %.0f s ago, by its sender's clock. When it was sent just "
            "now, the clocks differ. (Further ones are not logged.)",
            queue,
            age,
        )

    def _reply_to(self, message: Mapping[str, Any]) -> str | None:
        name = reply_queue(message, self._reply_prefix)
        if name in self._queues:
            raise BadRequest("A 'reply_queue' cannot be one of the queues that this hub listens to.")
        return name

    def _answer(self, name: str, data: bytes) -> None:
        try:
            server, client = self._sender()
            with server.errors(), client.pipeline() as pipeline:
                pipeline.rpush(name, data)
                pipeline.expire(name, _REPLY_SECONDS)
                pipeline.execute()
        except PlatypushError as error:
            self.logger.warning("An answer is lost: %s", error)
        except Exception:  # boundary: as in ``run``
            if not self.should_stop():  # as in ``run``
                raise

    def _server(self) -> RedisServer:
        return RedisServer(self.redis_args or self._plugins())

    def _plugins(self) -> dict[str, Any]:
        """Where the plugin ``redis`` finds its server."""
        if self._services is None:
            return {}
        section = reveal(self._services.config.plugins.get("redis", {}))
        known = {*RedisServer.keys(), "url"}
        return {name: value for name, value in section.items() if name in known}

    def _sender(self) -> tuple[RedisServer, Any]:
        with self._lock:
            if self._sending is None:
                server = self._server()
                self._sending = server, server.client(timeout=_SECONDS)
            return self._sending

    def _close(self, grace: float) -> None:
        self._pool.stop(grace)
        with self._lock:
            sending, self._sending = self._sending, None
        if sending is not None:
            sending[1].close()

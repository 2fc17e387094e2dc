"""Requests that come over a topic: run in threads of their own, in bounded numbers, and answered."""

from __future__ import annotations

import hashlib
import logging
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from platypush._lib.threads import WorkerPool
from platypush.errors import BadRequest, PlatypushError
from platypush.message import decode
from platypush.message.envelope import Reply
from platypush.message.response import Response
from platypush.outgoing.mqtt.broker import check_topic
from platypush.outgoing.mqtt.link import Link, Received
from platypush.outgoing.mqtt.rate import Bucket

__all__ = ["RequestDesk", "reply_topic"]

_MOST_WAITING = 200
_MOST_KNOWN = 64
_LONGEST_ID = 200
_KNOWN_STATUS = frozenset({403, 404, 500, 504})
"""Beside success: what only somebody who is known can get."""


class RequestDesk:
    """Takes messages from the link's thread, and never lets it wait.

    Whoever tries credentials that are wrong, or never seen before, gets twenty tries and one more each three seconds;
    what is known to be right is served meanwhile. What is too much is dropped, with a line in the log once a minute.
    """

    def __init__(
        self,
        run: Callable[[bytes], Reply],
        *,
        topic: str,
        base: str,
        device_id: str,
        max_calls: int,
        logger: logging.Logger,
    ) -> None:
        """``run`` authenticates and runs a message. ``topic`` is where they come from, below ``base``."""
        self._run = run
        self._topic = topic
        self._base = base
        self._device_id = device_id
        self._logger = logger
        self._pool = WorkerPool("mqtt-request", max_calls)
        self._strangers = Bucket(1 / 3, 20)
        # Lets nothing through: it counts.
        self._crowd = Bucket(0, 0)
        self._lines = Bucket(1 / 10, 5)
        self._key = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._known: OrderedDict[bytes, None] = OrderedDict()

    def take(self, received: Received, link: Link) -> None:
        """Run what came, if it may be run. Returns at once."""
        if received.retain:
            self._tell("Ignored a request on %s that the broker had kept: it would run again and again.", self._topic)
            return
        try:
            message = decode(received.payload)
        except BadRequest:
            message = None
        if not isinstance(message, dict):
            self._tell("Ignored what is no message on %s: a message is a JSON object.", self._topic)
            return
        if message.get("type") == "response":
            return
        mark = self._mark(message.get("token"))
        if mark not in self._known and not self._strangers.take():
            if count := self._strangers.untold():
                self._logger.warning("Dropped %d message(s) on %s: too many wrong tokens", count, self._topic)
            return
        if self._pool.waiting() >= _MOST_WAITING:
            self._crowd.take()
            if count := self._crowd.untold():
                self._logger.warning("Dropped %d request(s) on %s: more than can be run", count, self._topic)
            return
        self._pool.submit(partial(self._serve, received, message, mark, link))

    def stop(self, grace: float) -> None:
        """Take nothing more, and let what runs end, for ``grace`` seconds."""
        self._pool.stop(grace)

    def _serve(self, received: Received, message: dict[str, Any], mark: bytes, link: Link) -> None:
        reply = self._run(received.payload)
        self._remember(mark, reply.status < 400 or reply.status in _KNOWN_STATUS)
        if reply.status >= 400:
            self._tell("A message on %s was refused: %s", self._topic, decode(reply.body)["error"]["message"])
        if message.get("type") != "request":
            return
        topic = reply_topic(message, received.reply_to, own=self._topic, base=self._base)
        if topic is None:
            return
        try:
            answer = response_for(message, reply, device_id=self._device_id)
            link.publish(topic, answer, qos=1, correlation=received.correlation)
        except PlatypushError as error:
            self._tell("An answer is lost: %s", error)

    def _mark(self, token: object) -> bytes:
        """Tells tokens apart without keeping them."""
        return hashlib.blake2b(str(token).encode("utf-8", "replace"), key=self._key, digest_size=16).digest()

    def _remember(self, mark: bytes, right: bool) -> None:
        with self._lock:
            self._known.pop(mark, None)
            if right:
                self._known[mark] = None
                while len(self._known) > _MOST_KNOWN:
                    self._known.popitem(last=False)

    def _tell(self, text: str, *args: object) -> None:
        if self._lines.take():
            self._logger.warning(text, *args)


def reply_topic(message: Mapping[str, Any], wanted: str | None, *, own: str, base: str) -> str | None:
    """Where the answer goes: to the topic that MQTT 5 names, else to ``<own>/responses/<id>``; None when nobody can
    wait for it, or for a topic that hubs take requests from."""
    responses = f"{own}/responses/"
    if wanted is not None:
        try:
            check_topic(wanted)
        except BadRequest:
            return None
        between = wanted == base or wanted.startswith((f"{base}/", "$"))
        return None if between and not wanted.startswith(responses) else wanted
    given = message.get("id")
    if isinstance(given, bool) or not isinstance(given, (str, int)) or given == "":
        return None
    name = str(given)
    usable = len(name) <= _LONGEST_ID and name.isprintable() and not set(name) & set("+#/")
    return f"{responses}{name}" if usable else None


def response_for(message: Mapping[str, Any], reply: Reply, *, device_id: str) -> bytes:
    """The response as clients know it. What was refused becomes one with ``errors``."""
    if reply.status < 400:
        return reply.body
    error = decode(reply.body).get("error", {})
    given = message.get("id")
    return Response(
        errors=[str(error.get("message", ""))],
        id=None if given is None else str(given),
        target="mqtt",
        origin=device_id,
    ).to_json()

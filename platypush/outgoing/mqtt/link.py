"""One connection to a broker, and what waits for it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

from paho.mqtt.client import Client, DisconnectFlags, MQTTMessage, topic_matches_sub
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode

from platypush.errors import ActionFailed, Busy, Forbidden, PlatypushError, TimeLimit, Unavailable
from platypush.outgoing.hosts import AllowedHosts
from platypush.outgoing.mqtt.broker import Broker
from platypush.outgoing.mqtt.client import DrivenClient, properties_of
from platypush.outgoing.mqtt.receipts import MOST_WAITING, Receipts

__all__ = ["Link", "Received"]

_TICK = 1.0
"""Seconds between two looks at the keepalive."""
_FAREWELL = 0.5
_NO_SIGN = "Keep alive timeout"
_OVERHEAD = 2 * 65535
"""Bytes that topic and properties of a message may have."""


@dataclass(frozen=True, slots=True)
class Received:
    """A message that came. ``reply_to`` and ``correlation`` are those of MQTT 5."""

    topic: str
    payload: bytes
    retain: bool = False
    reply_to: str | None = None
    correlation: bytes | None = None


class Link:
    """A connection to one broker, driven by the thread that is in ``run``; all else is for any thread.

    Each connection starts anew: nothing that was to be sent over an earlier one is sent again, and all topics are
    subscribed to again.
    """

    def __init__(
        self,
        broker: Broker,
        client_id: str,
        *,
        deliver: Callable[[Received], None],
        refused: Callable[[str, str], None],
        allowed: AllowedHosts | None = None,
        owner: str = "mqtt",
        keepalive: int = 15,
        timeout: float = 5,
        max_size: int = 1024 * 1024,
    ) -> None:
        """``deliver`` gets every message, and ``refused`` a topic with the reason why it, or a message of it, cannot be
        had; both in the thread of ``run``: they must not wait, nor raise.

        ``keepalive`` is in seconds of silence after which the broker is asked for a sign of life; it has as long
        again for it. ``timeout`` is in seconds for connecting and for an answer, ``max_size`` in bytes of a message.
        """
        self.broker = broker
        self.on_up: Callable[[], None] = _nothing
        self._client_id = client_id
        self._deliver = deliver
        self._refused = refused
        self._allowed = allowed or AllowedHosts([broker.place])
        self._owner = owner
        self._keepalive = keepalive
        self._timeout = timeout
        self._max_size = max_size
        self._changed = threading.Condition()
        self._client: DrivenClient | None = None
        self._up = False
        self._stopped = False
        self._reason: str | None = None
        self._forbidden: Forbidden | None = None
        self._refusal = ""
        self._wakers: tuple[socket.socket, socket.socket] | None = None
        self._topics: dict[str, int] = {}
        self._asked: dict[int, tuple[str, ...]] = {}
        self._granted: dict[str, str] = {}
        self._receipts = Receipts(broker.name)
        self._expecting: list[tuple[str, SimpleQueue[Received]]] = []
        self._passing: set[str] = set()

    @property
    def is_connected(self) -> bool:
        """Whether the broker is there now."""
        return self._up

    @property
    def topics(self) -> tuple[str, ...]:
        """What is subscribed to, whether connected or not."""
        return tuple(self._topics)

    def run(self) -> None:
        """Connect, and stay connected until ``stop``. Raises Unavailable when that fails or ends, Forbidden."""
        reason = "The connection was closed."
        try:
            if not self._stopped:
                self._open()
        except PlatypushError as error:
            reason = error.message
            self._forbidden = error if isinstance(error, Forbidden) else None
            raise
        finally:
            self._close(reason)

    def stop(self) -> None:
        """Ask ``run`` to return, whatever it waits for. It cannot be started again."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
            client = self._client
            up = self._up
        if client is not None and not up:
            client.abort()
        self._wake()

    def wait_connected(self, seconds: float | None = None) -> None:
        """Wait until connected. Raises Unavailable at once when the last attempt failed, or after ``seconds``;
        Forbidden when there must be none."""
        with self._changed:
            ready = self._changed.wait_for(
                lambda: self._up or self._stopped or self._reason, self._timeout if seconds is None else seconds
            )
            if self._up:
                return
            if self._forbidden is not None:
                raise Forbidden(self._forbidden.message)
            reason = self._reason or ("It is being stopped." if ready else "It does not answer.")
        raise Unavailable(f"{self.broker.name} is away: {reason}")

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        qos: int = 0,
        retain: bool = False,
        reply_to: str | None = None,
        correlation: bytes | None = None,
    ) -> None:
        """Send a message; returns when it is sent (``qos`` 0) or the broker has confirmed it (1, 2).

        Raises Unavailable when the broker is away, TimeLimit or Unavailable when it may or may not have arrived, Busy
        when too much waits already, ActionFailed when the broker refuses it.
        """
        client, receipts = self._ready()
        receipts.reserve(len(payload))
        info = client.publish(topic, payload, qos, retain, properties_of(self.broker, reply_to, correlation))
        if info.rc == MQTTErrorCode.MQTT_ERR_QUEUE_SIZE:
            receipts.release(len(payload))
            raise Busy(f"{self.broker.name} does not take what waits for it already. This message was not sent.")
        self._wake()
        receipts.wait(info.mid, len(payload), self._timeout)

    def subscribe(self, topics: Sequence[str], qos: int = 0) -> None:
        """Have messages of ``topics`` delivered, now and after each reconnect. Does not wait."""
        with self._changed:
            self._topics.update(dict.fromkeys(topics, qos))
            self._passing.difference_update(topics)
            client = self._client if self._up else None
        if client is not None and topics:
            self._ask(client, dict.fromkeys(topics, qos))

    def unsubscribe(self, topics: Sequence[str]) -> None:
        """The opposite."""
        with self._changed:
            for topic in topics:
                self._topics.pop(topic, None)
                self._granted.pop(topic, None)
            client = self._client if self._up else None
        if client is not None and topics:
            client.unsubscribe(list(topics))
            self._wake()

    def wait_subscribed(self, topic: str) -> None:
        """Wait until the broker has confirmed a subscription. Raises ActionFailed when it refused, TimeLimit,
        Unavailable."""
        self._ready()
        with self._changed:
            self._changed.wait_for(lambda: topic in self._granted or not self._up, self._timeout)
            if not self._up:
                raise Unavailable(f"{self.broker.name} is away: {self._reason}")
            if topic not in self._granted:
                raise TimeLimit(f"{self.broker.name} did not answer within {self._timeout:g} s.")
            reason = self._granted[topic]
        if reason:
            raise ActionFailed(f"{self.broker.name} refuses the topic {topic!r}: {reason}")

    @contextmanager
    def expecting(self, topic: str) -> Iterator[Callable[[float], Received]]:
        """Subscribe to ``topic`` for the time of the block; what it gives waits for its next message, for so many
        seconds. Raises TimeLimit."""
        queue: SimpleQueue[Received] = SimpleQueue()
        mine = (topic, queue)

        def receive(seconds: float) -> Received:
            try:
                return queue.get(timeout=seconds)
            except Empty:
                raise TimeLimit(f"No answer on {topic!r} within {seconds:g} s. The message was sent.") from None

        with self._changed:
            self._expecting.append(mine)
            if topic not in self._topics:
                self.subscribe([topic])
                self._passing.add(topic)
        try:
            self.wait_subscribed(topic)
            yield receive
        finally:
            with self._changed:
                self._expecting.remove(mine)
                if topic in self._passing and all(other != topic for other, _ in self._expecting):
                    self._passing.discard(topic)
                    self.unsubscribe([topic])

    def _ready(self) -> tuple[DrivenClient, Receipts]:
        self.wait_connected()
        with self._changed:
            client, receipts = self._client, self._receipts
        if client is None:
            raise Unavailable(f"{self.broker.name} is away: {self._reason}")
        return client, receipts

    def _open(self) -> None:
        client = DrivenClient(
            self.broker,
            self._client_id,
            allowed=self._allowed,
            owner=self._owner,
            timeout=self._timeout,
            most_queued=MOST_WAITING,
        )
        client.on_connect = self._on_connect
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        wakers = socket.socketpair()
        for end in wakers:
            end.setblocking(False)
        with self._changed:
            self._client, self._receipts, self._wakers = client, Receipts(self.broker.name), wakers
            self._refusal = ""
        try:
            client.open(self._keepalive, self._max_size + _OVERHEAD)
        except TimeoutError as error:
            raise Unavailable(f"It did not answer within {self._timeout:g} s.") from error
        except (OSError, ValueError) as error:
            raise Unavailable(_reason(error)) from error
        self._serve(client, wakers[0])

    def _serve(self, client: DrivenClient, waker: socket.socket) -> None:
        deadline = time.monotonic() + self._timeout
        while not self._stopped:
            code = client.step(waker, _TICK if self._up else min(_TICK, self._timeout))
            if code != MQTTErrorCode.MQTT_ERR_SUCCESS:
                raise Unavailable(self._refusal or _words(code))
            if not self._up and time.monotonic() > deadline:
                raise Unavailable(f"It did not answer within {self._timeout:g} s.")
        client.leave(_FAREWELL)

    def _close(self, reason: str) -> None:
        with self._changed:
            client, self._client = self._client, None
            wakers, self._wakers = self._wakers, None
            self._up = False
            self._reason = reason
            self._asked.clear()
            self._granted.clear()
            self._receipts.close()
            self._changed.notify_all()
        if client is not None:
            client.close()
        for end in wakers or ():
            end.close()

    def _wake(self) -> None:
        with self._changed:
            if self._wakers is not None:
                try:
                    self._wakers[1].send(b"\0")
                except BlockingIOError:
                    # As many bytes as fit are there to wake it.
                    return

    def _ask(self, client: DrivenClient, topics: dict[str, int]) -> None:
        _, mid = client.subscribe(list(topics.items()))
        if mid is not None:
            with self._changed:
                self._asked[mid] = tuple(topics)
        self._wake()

    def _on_connect(self, client: Client, _: Any, __: Any, code: ReasonCode, ___: Any) -> None:
        if code.is_failure:
            self._refusal = f"It refuses the connection: {code}."
            return
        with self._changed:
            self._up = True
            self._reason = None
            topics = dict(self._topics)
            self._changed.notify_all()
        if topics and isinstance(client, DrivenClient):
            self._ask(client, topics)
        self.on_up()

    def _on_disconnect(self, _: Client, __: Any, flags: DisconnectFlags, code: ReasonCode, ___: Any) -> None:
        if flags.is_disconnect_packet_from_server or str(code) == _NO_SIGN:
            self._refusal = self._refusal or f"The connection ended: {code}."

    def _on_subscribe(self, _: Client, __: Any, mid: int, codes: list[ReasonCode], ___: Any) -> None:
        with self._changed:
            topics = self._asked.pop(mid, ())
            results = {topic: str(code) if code.is_failure else "" for topic, code in zip(topics, codes, strict=False)}
            self._granted.update(results)
            self._changed.notify_all()
        for topic, reason in results.items():
            if reason:
                self._refused(topic, reason)

    def _on_publish(self, _: Client, __: Any, mid: int, code: ReasonCode, ___: Any) -> None:
        self._receipts.confirm(mid, str(code) if code.is_failure else "")

    def _on_message(self, _: Client, __: Any, message: MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            return
        if len(message.payload) > self._max_size:
            self._refused(topic, f"a message of {len(message.payload)} bytes, more than {self._max_size}")
            return
        properties = message.properties
        received = Received(
            topic,
            bytes(message.payload),
            bool(message.retain),
            getattr(properties, "ResponseTopic", None),
            getattr(properties, "CorrelationData", None),
        )
        with self._changed:
            waiting = [queue for filter_, queue in self._expecting if topic_matches_sub(filter_, topic)]
            # A topic that is subscribed to for an answer only is nobody else's.
            wanted = not self._passing or any(
                topic_matches_sub(filter_, topic) for filter_ in self._topics if filter_ not in self._passing
            )
        for queue in waiting:
            # What was kept by the broker is no answer to anything.
            if not received.retain:
                queue.put(received)
        if wanted:
            self._deliver(received)


def _nothing() -> None:
    """Until somebody wants to know."""


def _words(code: MQTTErrorCode) -> str:
    if code == MQTTErrorCode.MQTT_ERR_PROTOCOL:
        return "It does not speak MQTT, or not in the configured version."
    return "The connection was lost."


def _reason(error: Exception) -> str:
    text = getattr(error, "verify_message", "") or getattr(error, "strerror", "") or str(error) or type(error).__name__
    return f"{text}."

"""Messages of MQTT: topics as events, and requests from other nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, partial
from typing import Any

import paho.mqtt  # noqa: F401 - missing, it is what the backend lacks

from platypush._lib.presence import Presence
from platypush.backend.mqtt._requests import RequestDesk
from platypush.backend.services import ServiceBackend
from platypush.config.secrets import reveal
from platypush.context import get_bus
from platypush.errors import BadRequest, Unavailable
from platypush.message.base import Message
from platypush.outgoing.mqtt.broker import KEYS, Broker, Version, check_filter, check_topic
from platypush.outgoing.mqtt.fleet import Fleet
from platypush.outgoing.mqtt.link import Link, Received
from platypush.outgoing.mqtt.payload import BASE, event_of, payload_of
from platypush.outgoing.mqtt.rate import Bucket

__all__ = ["MqttBackend"]

_STOP_TIME = 1.5
_BURST_SECONDS = 5
_LISTENER_KEYS = frozenset({*KEYS, "topics", "topic"})


class MqttBackend(ServiceBackend):
    """Posts an ``MQTTMessageEvent`` for each message on the topics of its ``listeners``, and runs the requests that
    come on a topic of its own, ``<topic>/<device_id>``: those with the ``token`` of a user of this hub in them.

    Answers go to ``<topic>/<device_id>/responses/<id>``, or where a message of MQTT 5 asks for them.
    """

    def __init__(
        self,
        *,
        host: str | None = None,
        port: int = 1883,
        topic: str = BASE,
        subscribe_default_topic: bool = True,
        listeners: list[dict[str, Any]] | None = None,
        username: str | None = None,
        password: str | None = None,
        client_id: str | None = None,
        tls: bool = False,
        tls_cafile: str | None = None,
        tls_certfile: str | None = None,
        tls_keyfile: str | None = None,
        tls_version: str | None = None,
        tls_ciphers: str | None = None,
        tls_insecure: bool = False,
        version: Version = "3.1.1",
        keepalive: int = 15,
        timeout: float = 5,
        max_size: int = 1024 * 1024,
        max_rate: float = 200,
        max_calls: int = 16,
        **kwargs: Any,
    ) -> None:
        """
        :param host: Name or address of the broker. Without it, the broker of the section ``mqtt``.
        :param port: Its port: 1883, or 8883 with TLS.
        :param topic: Requests come on this, a slash and the ``device_id`` of the hub.
        :param subscribe_default_topic: Whether requests are taken at all.
        :param listeners: Where events come from: a list of objects with ``topics``, and for another broker ``host``,
            ``port``, ``username`` and the other keys of a broker.
        :param username: User name at the broker.
        :param password: The password that goes with it.
        :param client_id: Name of this client at the broker, by default the ``device_id`` of the hub. No other client
            may have it.
        :param tls: Speak TLS, and check the certificate with the authorities that this machine trusts.
        :param tls_cafile: Speak TLS, and check the certificate with the authority in this file.
        :param tls_certfile: File with the certificate of this client.
        :param tls_keyfile: File with its key.
        :param tls_version: The oldest version of TLS that is spoken: ``tlsv1.2`` or ``tlsv1.3``.
        :param tls_ciphers: The ciphers of TLS 1.2 that are used, as OpenSSL writes them.
        :param tls_insecure: Take a certificate that was made for another name.
        :param version: Version of MQTT: ``3.1.1`` or ``5``.
        :param keepalive: Seconds of silence after which the broker is asked for a sign of life; it has as long again.
        :param timeout: Seconds for connecting and for an answer of the broker.
        :param max_size: Bytes of a message; larger ones are dropped.
        :param max_rate: Messages a second of each listener that become events; bursts of five seconds pass.
        :param max_calls: Requests that run at once.
        """
        super().__init__(**kwargs)
        given = locals()
        self._broker = None if host is None else Broker.read({name: given[name] for name in KEYS})
        self._listeners = [_checked(number, listener) for number, listener in enumerate(listeners or (), 1)]
        if keepalive < 1 or max_calls < 1 or max_rate <= 0:
            raise ValueError("keepalive, max_calls and max_rate have to be more than 0.")
        if self._broker is not None:
            for listener in self._listeners:
                Broker.read(listener, self._broker)
        self.topic = check_topic(topic.rstrip("/"))
        self._takes_requests = subscribe_default_topic
        self._client_id = client_id
        self._make_link = partial(
            Link, owner=f"backend.{self.name}", keepalive=keepalive, timeout=timeout, max_size=max_size
        )
        self._max_rate = max_rate
        self._max_calls = max_calls
        self._fleet = Fleet(self.logger, f"backend.{self.name}")
        self._desk: RequestDesk | None = None
        self._own_link: Link | None = None

    @cached_property
    def presence(self) -> Presence:
        """Whether all brokers are there; each says it in the log by itself."""
        return _AllBrokers(self._fleet, super().presence)

    def run(self) -> None:
        """Stay connected until the hub stops. Raises Unavailable when there is no broker in the configuration."""
        services = self.services
        device_id = services.config.device_id
        client_id = self._client_id or device_id
        broker = self._broker or self._plugins()
        links = [self._request_link(broker, client_id, device_id), *self._event_links(broker, client_id)]
        try:
            for link in links:
                self._fleet.start(link)
            self.wait_stop()
        finally:
            self._fleet.stop(_STOP_TIME)

    def on_stop(self) -> None:
        """Disconnect. Requests that run may end, for a moment."""
        self._fleet.stop(_STOP_TIME / 3)
        if self._desk is not None:
            self._desk.stop(_STOP_TIME / 3)

    def send_message(
        self,
        msg: Message | Mapping[str, Any] | str | bytes,
        topic: str | None = None,
        *,
        qos: int = 0,
        retain: bool = False,
        **_: Any,
    ) -> None:
        """Publish ``msg`` on ``topic``, by default on the one that this hub takes requests from. From any thread.

        Raises Unavailable when the broker is away, BadRequest for what is no topic.
        """
        if self._own_link is None:
            raise Unavailable(f"backend.{self.name} is not connected to a broker.")
        own = f"{self.topic}/{self.services.config.device_id}"
        self._own_link.publish(check_topic(topic or own), payload_of(msg), qos=qos, retain=retain)

    def _request_link(self, broker: Broker, client_id: str, device_id: str) -> Link:
        link = self._own_link = self._link(broker, client_id, self._take)
        if self._takes_requests:
            own = f"{self.topic}/{device_id}"
            self._desk = RequestDesk(
                partial(self._run_message, broker),
                topic=own,
                base=self.topic,
                device_id=device_id,
                max_calls=self._max_calls,
                logger=self.logger,
            )
            link.subscribe([own], qos=1)
        return link

    def _event_links(self, broker: Broker, client_id: str) -> Iterator[Link]:
        # Apart from the one for requests: a broker may send a message once for each topic that fits.
        for number, listener in enumerate(self._listeners, 1):
            there = Broker.read(listener, broker)
            bucket = Bucket(self._max_rate, self._max_rate * _BURST_SECONDS)
            link = self._link(there, f"{client_id}-{number}", partial(self._post, there, bucket))
            link.subscribe(listener["topics"], qos=1)
            yield link

    def _link(self, broker: Broker, client_id: str, deliver: Callable[[Received], None]) -> Link:
        return self._make_link(broker, client_id, deliver=deliver, refused=partial(self._refused, broker))

    def _take(self, received: Received) -> None:
        if self._desk is not None and self._own_link is not None:
            self._desk.take(received, self._own_link)

    def _post(self, broker: Broker, bucket: Bucket, received: Received) -> None:
        event = event_of(received, broker, self.topic)
        if event is None:
            return
        if bucket.take():
            get_bus().post(event)
        if count := bucket.untold():
            self.logger.warning("Dropped %d message(s) of %s: more than max_rate a second", count, broker.name)

    def _refused(self, broker: Broker, topic: str, reason: str) -> None:
        self.logger.warning("%s, topic %s: %s", broker.name, topic, reason)

    def _run_message(self, broker: Broker, raw: bytes) -> Any:
        return self.services.run_message(raw, origin="mqtt", address=f"mqtt:{broker.host}")

    def _plugins(self) -> Broker:
        """The broker of the plugin ``mqtt``."""
        section = reveal(self.services.config.plugins.get("mqtt", {}))
        try:
            broker = Broker.read(section)
            for listener in self._listeners:
                Broker.read(listener, broker)
        except ValueError as error:
            raise Unavailable(f"Neither backend.{self.name} nor mqtt says where the broker is: {error}") from error
        return broker


class _AllBrokers(Presence):
    """The backend's own state, and below it that of its brokers."""

    def __init__(self, fleet: Fleet, own: Presence) -> None:
        self._fleet = fleet
        self._own = own

    @property
    def reason(self) -> str | None:
        """Why something cannot be used; None when all can."""
        return self._own.reason or self._fleet.reason

    def lost(self, reason: str) -> None:
        self._own.lost(reason)

    def broke(self, reason: str) -> None:
        self._own.broke(reason)

    def found(self) -> None:
        self._own.found()


def _checked(number: int, listener: Any) -> dict[str, Any]:
    """A listener with its topics as a list. Raises ValueError."""
    if not isinstance(listener, Mapping):
        raise ValueError(f"listeners: number {number} is no object with topics.")  # noqa: TRY004 - a wrong section
    unknown = sorted(set(listener) - _LISTENER_KEYS)
    if unknown:
        raise ValueError(f"listeners: number {number} has keys that are not known: {', '.join(unknown)}.")
    topics = listener.get("topics", listener.get("topic"))
    topics = [topics] if isinstance(topics, str) else topics
    if not isinstance(topics, list) or not topics or not all(isinstance(topic, str) for topic in topics):
        raise ValueError(f"listeners: number {number} needs topics, such as [sensors/#].")
    try:
        return {**listener, "topics": [check_filter(topic) for topic in topics]}
    except BadRequest as error:
        raise ValueError(f"listeners: number {number}: {error.message}") from error

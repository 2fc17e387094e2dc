"""Messages to MQTT brokers, and topics as events."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, Literal

import paho.mqtt  # noqa: F401 - missing, it is what the plugin lacks

from platypush._lib.ids import new_id
from platypush.config.secrets import reveal
from platypush.errors import ArgumentError, BadRequest, Busy, Unavailable
from platypush.outgoing.hosts import AllowedHosts
from platypush.outgoing.mqtt.broker import KEYS, Broker, Version, check_filter, check_topic
from platypush.outgoing.mqtt.fleet import Fleet, running
from platypush.outgoing.mqtt.link import Link, Received
from platypush.outgoing.mqtt.payload import BASE, content_of, event_of, payload_of, without_token
from platypush.outgoing.mqtt.rate import Bucket
from platypush.plugins import RunnablePlugin, action
from platypush.plugins.services import ServicePlugin

__plugin__ = "MqttPlugin"
__all__ = ["MqttPlugin"]

Qos = Literal[0, 1, 2]
_STOP_TIME = 1.5
_MOST_BROKERS = 8
_MOST_TOPICS = 1000
_LONGEST_WAIT = 60.0
_MAX_RATE = 200
_BURST = 1000


class MqttPlugin(ServicePlugin, RunnablePlugin):
    """Publish messages, wait for answers, and subscribe to topics.

    The broker of the section is connected to for as long as the hub runs. Others are reached only where
    ``allowed_hosts`` allows them.
    """

    def __init__(
        self,
        *,
        host: str | None = None,
        port: int = 1883,
        topics: list[str] | None = None,
        allowed_hosts: list[str] | None = None,
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
        **kwargs: Any,
    ) -> None:
        """
        :param host: Name or address of the broker that messages go to by default.
        :param port: Its port: 1883, or 8883 with TLS.
        :param topics: Topics of this broker that become events from the start.
        :param allowed_hosts: Other brokers that actions may name: names, ``name:port``, wildcards
            (``*.example.com``), addresses, networks (``192.168.1.0/24``), and ``public`` for every public address.
        :param username: User name at the broker.
        :param password: The password that goes with it.
        :param client_id: Name of this client at the broker, by default the ``device_id`` of the hub and ``-plugin``. No
            other client may have it.
        :param tls: Speak TLS, and check the certificate with the authorities that this machine trusts.
        :param tls_cafile: Speak TLS, and check the certificate with the authority in this file.
        :param tls_certfile: File with the certificate of this client.
        :param tls_keyfile: File with its key.
        :param tls_version: The oldest version of TLS that is spoken: ``tlsv1.2`` or ``tlsv1.3``.
        :param tls_ciphers: The ciphers of TLS 1.2 that are used, as OpenSSL writes them.
        :param tls_insecure: Take a certificate that was made for another name.
        :param version: Version of MQTT: ``3.1.1`` or ``5``.
        :param keepalive: Seconds of silence after which the broker is asked for a sign of life; it has as long again.
        :param timeout: Seconds for connecting, and for an answer of the broker or on a reply topic.
        """
        given = locals()
        super().__init__(**kwargs)
        self._broker = None if host is None else Broker.read({name: given[name] for name in KEYS})
        if topics and self._broker is None:
            raise ValueError("topics need the host that they are of.")
        if keepalive < 1:
            raise ValueError("keepalive has to be 1 s at least.")
        self._topics = [check_filter(topic) for topic in topics or ()]
        places = () if self._broker is None else (self._broker.place,)
        self._allowed = AllowedHosts((*(allowed_hosts or ()), *places))
        self._cafile = tls_cafile
        self._client_id = client_id
        self._timeout = timeout
        self._make_link = partial(Link, allowed=self._allowed, owner=self.name, keepalive=keepalive, timeout=timeout)
        self._fleet = Fleet(self.logger, self.name)
        self._lock = threading.Lock()
        self._links: dict[Broker, Link] = {}

    @property
    def failure(self) -> str | None:
        """Which broker is away, and why."""
        return self._fleet.reason

    def start(self) -> object:
        """Begin to connect to the broker of the section."""
        if self._broker is not None:
            self._kept(self._broker, self._topics)
        return super().start()

    def main(self) -> None:
        """Wait: the connections have threads of their own."""
        self.wait_stop()

    def stop(self) -> object:
        """Disconnect from all brokers."""
        self._fleet.stop(_STOP_TIME)
        return super().stop()

    @action
    def publish(
        self,
        topic: str,
        msg: Any,
        host: str | None = None,
        port: int | None = None,
        qos: Qos = 0,
        retain: bool = False,
        reply_topic: str | None = None,
        username: str | None = None,
        password: str | None = None,
        tls: bool | None = None,
        timeout: float | None = None,
    ) -> Any:
        """Publish a message.

        :param topic: The topic.
        :param msg: Text as it is, everything else as JSON; null for an empty message, which removes a retained one.
        :param host: Another broker than the configured one.
        :param port: Its port.
        :param qos: 0 to send it, 1 or 2 to wait until the broker has confirmed it.
        :param retain: Whether the broker keeps it, for those who come later.
        :param reply_topic: Wait for the next message on this topic.
        :param username: User name at another broker.
        :param password: The password that goes with it.
        :param tls: Whether another broker is spoken to with TLS.
        :param timeout: Seconds to wait for the reply, 60 at most.
        :return: What came on ``reply_topic``: the value of JSON, else text; null without one.
        """
        check_topic(topic)
        payload = payload_of(msg)
        seconds = min(_LONGEST_WAIT, self._timeout if timeout is None else max(0.0, timeout))
        broker = self._named(host, port, username, password, tls)
        with self._link(broker) as link:
            if reply_topic is None:
                link.publish(topic, payload, qos=qos, retain=retain)
                return None
            with link.expecting(check_filter(reply_topic)) as receive:
                link.publish(topic, payload, qos=qos, retain=retain, reply_to=_exact(reply_topic))
                return without_token(content_of(receive(seconds).payload))

    @action
    def send_message(
        self,
        topic: str,
        msg: Any,
        host: str | None = None,
        port: int | None = None,
        qos: Qos = 0,
        retain: bool = False,
        reply_topic: str | None = None,
        username: str | None = None,
        password: str | None = None,
        tls: bool | None = None,
        timeout: float | None = None,
    ) -> Any:
        """The older name of ``publish``, with the same arguments."""
        return self.publish(topic, msg, host, port, qos, retain, reply_topic, username, password, tls, timeout)

    @action
    def subscribe(
        self,
        topic: str,
        host: str | None = None,
        port: int | None = None,
        qos: Qos = 0,
        username: str | None = None,
        password: str | None = None,
        tls: bool | None = None,
    ) -> None:
        """Make the messages of a topic events, until ``unsubscribe`` or until the hub ends.

        :param topic: The topic; ``+`` stands for any one level, ``#`` at the end for all that follow.
        :param host: Another broker than the configured one.
        :param port: Its port.
        :param qos: Up to which level messages are confirmed.
        :param username: User name at another broker.
        :param password: The password that goes with it.
        :param tls: Whether another broker is spoken to with TLS.
        """
        check_filter(topic)
        broker = self._named(host, port, username, password, tls)
        with self._lock:
            link = self._links.get(broker)
            if link is None and len(self._links) >= _MOST_BROKERS:
                raise Busy(f"{self.name} has subscriptions at {_MOST_BROKERS} brokers, as many as it may have.")
            if link is not None and len(link.topics) >= _MOST_TOPICS:
                raise Busy(f"{self.name} has {_MOST_TOPICS} subscriptions at {broker.name}, as many as it may have.")
        if link is None:
            # Whether it may be reached, and lets us in, is known before anything is kept.
            with self._link(broker) as trial:
                trial.wait_connected()
        link = self._kept(broker, [topic], qos)
        link.wait_subscribed(topic)

    @action
    def unsubscribe(
        self,
        topic: str,
        host: str | None = None,
        port: int | None = None,
        username: str | None = None,
        password: str | None = None,
        tls: bool | None = None,
    ) -> None:
        """The opposite of ``subscribe``, with its arguments.

        :param topic: The topic as it was subscribed to.
        :param host: Another broker than the configured one.
        :param port: Its port.
        :param username: User name at another broker.
        :param password: The password that goes with it.
        :param tls: Whether another broker is spoken to with TLS.
        """
        broker = self._named(host, port, username, password, tls)
        with self._lock:
            link = self._links.get(broker)
            if link is None or topic not in link.topics:
                raise BadRequest(f"There is no subscription to {topic!r} at {broker.name}.")
            link.unsubscribe([topic])
            over = not link.topics and broker != self._broker
            if over:
                del self._links[broker]
        if over:
            self._fleet.end(link, _STOP_TIME)

    def _named(
        self, host: str | None, port: int | None, username: str | None, password: str | None, tls: bool | None
    ) -> Broker:
        """The configured broker, or the one that a caller names. Credentials of the section are for its own only."""
        own = self._broker
        if own is None and host is None:
            raise ArgumentError(f"Which broker? Give host, or set it in the section {self.name}.")
        try:
            if (
                own is not None
                and host in (None, own.host)
                and port in (None, own.port)
                and tls in (None, own.encrypted)
            ):
                same = username is None and password is None
                return own if same else replace(own, username=username or own.username, password=password)
            return Broker(
                host=host or (own.host if own else ""),
                port=port or (8883 if tls else 1883),
                username=username,
                password=password,
                tls=bool(tls),
                tls_cafile=self._cafile if tls else None,
                version=own.version if own else "3.1.1",
            )
        except ValueError as error:
            raise ArgumentError(str(error)) from error

    @contextmanager
    def _link(self, broker: Broker) -> Iterator[Link]:
        """A connection to ``broker``: the kept one, else one for the time of the block."""
        with self._lock:
            link = self._links.get(broker)
        if link is not None:
            yield link
            return
        if broker == self._broker:
            raise Unavailable(f"{self.name} is not running.")
        with running(self._make_link(broker, new_id(), deliver=_ignore, refused=_ignore)) as passing:
            yield passing

    def _kept(self, broker: Broker, topics: list[str], qos: int = 0) -> Link:
        with self._lock:
            link = self._links.get(broker)
            if link is None:
                bucket = Bucket(_MAX_RATE, _BURST)
                number = "" if broker == self._broker else f"-{new_id()[:8]}"
                link = self._links[broker] = self._make_link(
                    broker,
                    f"{self._client_id or f'{self._device_id()}-plugin'}{number}",
                    deliver=partial(self._post, broker, bucket),
                    refused=partial(self._refused, broker),
                )
                self._fleet.start(link)
        link.subscribe(topics, qos)
        return link

    def _post(self, broker: Broker, bucket: Bucket, received: Received) -> None:
        event = event_of(received, broker, self._base())
        if event is not None and bucket.take():
            self.get_bus().post(event)
        if count := bucket.untold():
            self.logger.warning("Dropped %d message(s) of %s: more than %d a second", count, broker.name, _MAX_RATE)

    def _refused(self, broker: Broker, topic: str, reason: str) -> None:
        self.logger.warning("%s, topic %s: %s", broker.name, topic, reason)

    def _device_id(self) -> str:
        return "platypush" if self._services is None else self._services.config.device_id

    def _base(self) -> str:
        """Below which topic hubs talk to each other, with their tokens."""
        if self._services is None:
            return BASE
        return str(reveal(self._services.config.backends.get("mqtt", {})).get("topic", BASE))


def _exact(topic: str) -> str | None:
    """``topic`` as MQTT 5 names it to whoever answers: not one that stands for several."""
    return None if set(topic) & set("+#") else topic


def _ignore(*_: object) -> None:
    """For connections that only send."""

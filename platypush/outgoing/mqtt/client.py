"""The library's client, made to connect where it may, and to be driven by one thread of ours."""

from __future__ import annotations

import select
import socket
import ssl
import time
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from platypush.outgoing.connect import connect
from platypush.outgoing.hosts import AllowedHosts
from platypush.outgoing.mqtt.broker import Broker

__all__ = ["DrivenClient", "properties_of"]

_OK = MQTTErrorCode.MQTT_ERR_SUCCESS


class DrivenClient(Client):
    """One connection, never used again. ``step`` and ``leave`` are for the thread that drives it."""

    def __init__(
        self, broker: Broker, client_id: str, *, allowed: AllowedHosts, owner: str, timeout: float, most_queued: int
    ) -> None:
        """``owner`` is the section whose ``allowed_hosts`` count, ``timeout`` the seconds for connecting."""
        five = broker.version == "5"
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id,
            clean_session=None if five else True,
            protocol=MQTTProtocolVersion.MQTTv5 if five else MQTTProtocolVersion.MQTTv311,
            # Whoever drives it connects anew, with another one.
            reconnect_on_failure=False,
        )
        self._broker = broker
        self._allowed = allowed
        self._owner = owner
        self._opened: socket.socket | None = None
        self.connect_timeout = timeout
        self.max_queued_messages = most_queued
        # With it the library leaves writing to the one thread that drives it.
        self.on_socket_register_write = _nothing
        if broker.username is not None:
            self.username_pw_set(broker.username, broker.password)

    def open(self, keepalive: int, max_size: int) -> None:
        """Connect. Raises OSError, ValueError, Forbidden, Unavailable."""
        properties = None
        if self._broker.version == "5":
            properties = _new(PacketTypes.CONNECT)
            properties.MaximumPacketSize = max_size
        self.connect(self._broker.host, self._broker.port, keepalive, properties=properties)

    def step(self, waker: socket.socket, seconds: float) -> MQTTErrorCode:
        """Wait for something to do, for ``seconds`` at most, and do it."""
        connected: Any = self.socket()
        if connected is None:
            return MQTTErrorCode.MQTT_ERR_CONN_LOST
        # poll, because select knows no descriptors above 1023, and a hub with many clients has them.
        poll = select.poll()
        number, awake = connected.fileno(), waker.fileno()
        poll.register(number, select.POLLIN | (select.POLLOUT if self.want_write() else 0))
        poll.register(awake, select.POLLIN)
        decrypted = isinstance(connected, ssl.SSLSocket) and connected.pending() > 0
        ready = dict(poll.poll(0 if decrypted else seconds * 1000))
        if awake in ready:
            waker.recv(4096)
        code = self.loop_read() if decrypted or number in ready else _OK
        if code == _OK and self.want_write():
            code = self.loop_write()
        return code if code != _OK else self.loop_misc()

    def leave(self, seconds: float) -> None:
        """Send what is left and say goodbye, for ``seconds`` at most."""
        self.disconnect()
        deadline = time.monotonic() + seconds
        while self.want_write() and self.loop_write() == _OK and time.monotonic() < deadline:
            connected: Any = self.socket()
            if connected is None:
                return
            poll = select.poll()
            poll.register(connected.fileno(), select.POLLOUT)
            poll.poll(50)

    def abort(self) -> None:
        """End the connection, also one that is being made. From any thread."""
        opened = self._opened
        if opened is not None:
            try:
                opened.shutdown(socket.SHUT_RDWR)
            except OSError:
                # Gone already.
                return

    def close(self) -> None:
        """Give back what the connection took."""
        for held in (self.socket(), self._opened):
            if held is not None:
                held.close()

    def _create_socket(self) -> Any:
        """Called by the library: it would take a proxy from the environment, and leave a failed handshake open."""
        made = connect(
            self._broker.host, self._broker.port, self._allowed, owner=self._owner, timeout=self.connect_timeout
        )
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # A second descriptor: TLS takes the first one over.
        self._opened = made.dup()
        if not self._broker.encrypted:
            return made
        try:
            return self._broker.tls_context().wrap_socket(made, server_hostname=self._broker.host)
        except BaseException:  # undone, and raised again
            made.close()
            raise


def properties_of(broker: Broker, reply_to: str | None, correlation: bytes | None) -> Properties | None:
    """What MQTT 5 says beside a message: where the answer goes, and what tells it from others."""
    if broker.version != "5" or (reply_to is None and correlation is None):
        return None
    properties = _new(PacketTypes.PUBLISH)
    if reply_to is not None:
        properties.ResponseTopic = reply_to
    if correlation is not None:
        properties.CorrelationData = correlation
    return properties


def _new(kind: int) -> Properties:
    made: Properties = Properties(kind)  # type: ignore[no-untyped-call]
    return made


def _nothing(*_: Any) -> None:
    """See ``DrivenClient.__init__``."""

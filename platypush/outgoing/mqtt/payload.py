"""What is in messages, in both directions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from platypush.errors import BadRequest
from platypush.message import Message, decode, encode
from platypush.message.event.mqtt import MQTTMessageEvent
from platypush.outgoing.mqtt.broker import Broker
from platypush.outgoing.mqtt.link import Received

__all__ = ["BASE", "content_of", "event_of", "payload_of", "without_token"]

BASE = "platypush_bus_mq"
"""Below it each hub has the topic that it takes requests from, by default."""
_OWN = frozenset({"request", "event", "response"})


def content_of(payload: bytes) -> Any:
    """What a payload says: the value of JSON, else text, else the bytes themselves."""
    try:
        return decode(payload)
    except BadRequest:
        pass
    try:
        return payload.decode()
    except UnicodeDecodeError:
        return payload


def payload_of(message: Any) -> bytes:
    """The bytes of what is published: text and bytes as they are, nothing for None, all else as JSON."""
    if message is None:
        return b""
    if isinstance(message, (bytes, bytearray)):
        return bytes(message)
    if isinstance(message, str):
        return message.encode("utf-8", "replace")
    return message.to_json() if isinstance(message, Message) else encode(message)


def without_token(content: Any) -> Any:
    """``content`` fit for events: a message for a hub, this or another, is shown without its credential."""
    if isinstance(content, Mapping) and content.get("type") in _OWN and "token" in content:
        return {**content, "token": "***"}
    return content


def event_of(received: Received, broker: Broker, base: str) -> MQTTMessageEvent | None:
    """The event of a message; None for what is between hubs: below ``base`` are requests with their tokens, and what
    these gave."""
    if received.topic == base or received.topic.startswith(f"{base}/"):
        return None
    return MQTTMessageEvent(
        host=broker.host,
        port=broker.port,
        topic=received.topic,
        msg=without_token(content_of(received.payload)),
        retain=received.retain,
    )

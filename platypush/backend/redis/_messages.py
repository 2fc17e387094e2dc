"""What the messages of a queue ask for, as pure functions: whether they are too old, and where their answer goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from platypush.errors import BadRequest
from platypush.message import Message, decode, encode
from platypush.message.envelope import Reply
from platypush.message.response import Response

__all__ = ["RESPONSES", "age_of", "outgoing", "reply_queue", "response_for"]

RESPONSES = "platypush/responses/"
"""Where clients of Platypush look for answers: this and the request's id."""

_LONGEST_NAME = 200


def age_of(message: Mapping[str, Any], now: float) -> float:
    """Seconds since the message was made, by the clock of whoever made it; 0 when it does not say, or says a time to
    come. ``now`` is a time of day."""
    made = message.get("_timestamp")
    if not isinstance(made, (int, float)) or isinstance(made, bool):
        return 0.0
    return max(0.0, now - made)


def reply_queue(message: Mapping[str, Any], prefix: str) -> str | None:
    """Where the answer to a request goes: the queue that it names when that begins with ``prefix``, else the one of
    its id; None when nobody can wait for it. Raises BadRequest for any other queue."""
    named = message.get("reply_queue")
    if named is not None:
        if not isinstance(named, str) or not named.startswith(prefix) or not _usable(named):
            raise BadRequest(f"A 'reply_queue' has to begin with {prefix!r}: other keys are not written to.")
        return named
    given = message.get("id")
    if given in (None, ""):
        return None
    name = f"{RESPONSES}{given}"
    return name if _usable(name) else None


def response_for(message: Mapping[str, Any], reply: Reply, *, device_id: str) -> bytes:
    """The response as clients know it. What was refused becomes one with ``errors``."""
    if reply.status < 400:
        return reply.body
    error = decode(reply.body).get("error", {})
    given, origin = message.get("id"), message.get("origin")
    return Response(
        errors=[str(error.get("message", ""))],
        id=None if given is None else str(given),
        target=origin if isinstance(origin, str) else None,
        origin=device_id,
    ).to_json()


def outgoing(
    message: Message | Mapping[str, Any] | str, *, token: str | None, reply_to: str | None, device_id: str | None
) -> bytes:
    """The bytes of a message for another node, with ``token`` where it has none of its own. Text goes as it is."""
    if isinstance(message, str):
        return message.encode()
    data = dict(message.to_dict() if isinstance(message, Message) else message)
    if data.get("type") in ("request", "event"):
        if token and not data.get("token"):
            data["token"] = token
        if reply_to:
            data["reply_queue"] = reply_to
        if data.get("origin") is None and device_id:
            data["origin"] = device_id
    return encode(data)


def _usable(name: str) -> bool:
    return len(name) <= _LONGEST_NAME and name.isprintable()

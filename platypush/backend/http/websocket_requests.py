"""Messages that a websocket client sends: requests, events, its filter. Run in a thread, away from the loop."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from platypush._lib.ids import new_id
from platypush.backend.http.websocket_events import read_patterns
from platypush.errors import BadRequest, PlatypushError, TimeLimit
from platypush.message.codec import decode, encode
from platypush.message.envelope import Envelope, Principal, Reply
from platypush.user.credentials import Credential

__all__ = ["Authenticate", "Exchange", "Handle", "answer", "error_message"]

Authenticate = Callable[[Credential | None, str], Principal]
"""Who presents a credential from an address. Raises PlatypushError subclasses."""
Handle = Callable[[Envelope], Reply]
"""Authorises and runs an envelope. Never raises."""


@dataclass(slots=True)
class Exchange:
    """One message of a client and what is known about it. ``deadline`` is a monotonic time in seconds."""

    raw: str | bytes
    credential: Credential
    address: str
    deadline: float
    is_open: Callable[[], bool]
    """Whether the client is still there."""
    subscribe: Callable[[tuple[str, ...] | None], None]
    """Sets the client's filter. Called in the thread that answers."""
    request_id: str = field(default_factory=new_id)
    id: Any = None
    """The message's own id, once it is read."""


def answer(exchange: Exchange, authenticate: Authenticate, handle: Handle) -> bytes | None:
    """The message to send back; None when nobody waits for it.

    The credential is looked at again, so that what is revoked does not run. Failures of any kind come back as an
    error message: nothing that a client sends ends its connection.
    """
    try:
        data = decode(exchange.raw)
        if not isinstance(data, dict):
            raise BadRequest(f"A message is a JSON object; this is a {type(data).__name__}.")
        exchange.id = data.get("id")
        kind = data.get("type")
        if kind == "subscribe":
            return _subscribe(exchange, data)
        if kind not in ("request", "event"):
            raise BadRequest(f"A message has the type 'request', 'event' or 'subscribe'; this one has {kind!r}.")
        principal = authenticate(exchange.credential, exchange.address)
        time_left = exchange.deadline - time.monotonic()
        if time_left <= 0:
            raise TimeLimit("The time limit was over before the request could start. It did not run.")
        if not exchange.is_open():
            return None
        body = exchange.raw if isinstance(exchange.raw, bytes) else exchange.raw.encode()
        reply = handle(
            Envelope(
                "execute",
                body,
                principal=principal,
                time_left=time_left,
                request_id=exchange.request_id,
                meta={"origin": "websocket"},
            )
        )
        return _message_of(reply, exchange, kind)
    except PlatypushError as error:
        return error_message(error, exchange)


def error_message(error: PlatypushError, exchange: Exchange) -> bytes:
    """``{"type": "error", "id": the message's id, "error": {…}}``, the error in the one shape."""
    return encode({"type": "error", "id": exchange.id, **error.to_dict(exchange.request_id)})


def _subscribe(exchange: Exchange, data: dict[str, Any]) -> bytes:
    events = data.get("events")
    if events is not None and not isinstance(events, list):
        raise BadRequest("'events' is a list of patterns such as 'light.*', or null for all events.")
    patterns = None if events is None else read_patterns(events)
    exchange.subscribe(patterns)
    return encode({"type": "subscribed", "id": exchange.id, "events": patterns})


def _message_of(reply: Reply, exchange: Exchange, kind: str) -> bytes:
    if reply.status >= 400:
        return encode({"type": "error", "id": exchange.id, **decode(reply.body)})
    # A response goes out as the daemon encoded it; an event has nothing to tell but that it was taken.
    return reply.body if kind == "request" else encode({"type": "posted", "id": exchange.id})

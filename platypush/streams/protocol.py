"""The bytes of a stream's connection, as pure functions.

The worker sends one line of JSON: what it wants, and for whom. The daemon answers one line of JSON: ``{"status": 200,
"content_type"}``, or ``{"status", "body"}`` with an error in the one error shape, and closes. Then it sends items: four
bytes ``!I`` with the length, and the item. A length of zero means that there is nothing new but a daemon.
"""

from __future__ import annotations

import struct
from typing import Any

from platypush.errors import BadRequest
from platypush.message import decode, encode
from platypush.message.envelope import Principal, Reply
from platypush.streams import StreamRequest

__all__ = [
    "HEARTBEAT",
    "MAX_ITEM",
    "MAX_LINE",
    "PREFIX_LENGTH",
    "decode_answer",
    "decode_request",
    "encode_item",
    "encode_ok",
    "encode_refusal",
    "encode_request",
    "item_length",
]

MAX_LINE = 64 * 1024
MAX_ITEM = 32 * 1024 * 1024

_PREFIX = struct.Struct("!I")
PREFIX_LENGTH = _PREFIX.size
HEARTBEAT = _PREFIX.pack(0)


def encode_request(request: StreamRequest) -> bytes:
    """The worker's line. Raises BadRequest when it would be too long."""
    line = encode(
        {
            "stream": request.stream,
            "args": dict(request.args),
            "single": request.single,
            "principal": request.principal.to_list() if request.principal is not None else None,
            "time_left": request.time_left,
            "request_id": request.request_id,
        }
    )
    if len(line) >= MAX_LINE:
        raise BadRequest(f"The arguments of a stream may have {MAX_LINE} bytes; these have {len(line)}.")
    return line + b"\n"


def decode_request(line: bytes) -> StreamRequest:
    """The inverse of ``encode_request``. Raises BadRequest."""
    data = decode(line)
    try:
        principal = data["principal"]
        return StreamRequest(
            stream=str(data["stream"]),
            args=dict(data["args"]),
            single=bool(data["single"]),
            principal=Principal.from_list(principal) if principal is not None else None,
            time_left=float(data["time_left"]),
            request_id=str(data["request_id"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadRequest(f"This is no request for a stream: {error!r}") from error


def encode_ok(content_type: str) -> bytes:
    """The daemon's line when items follow."""
    return encode({"status": 200, "content_type": content_type}) + b"\n"


def encode_refusal(reply: Reply) -> bytes:
    """The daemon's line when none do: an error, as over the bus."""
    return encode({"status": reply.status, "body": reply.body.decode()}) + b"\n"


def decode_answer(line: bytes) -> str | Reply:
    """The type of the items that follow, or the error. Raises BadRequest for what is neither."""
    data: Any = decode(line)
    try:
        if data["status"] == 200:
            return str(data["content_type"])
        return Reply(int(data["status"]), str(data["body"]).encode())
    except (KeyError, TypeError, ValueError) as error:
        raise BadRequest(f"This is no answer of a daemon: {error!r}") from error


def encode_item(item: bytes) -> tuple[bytes, ...]:
    """The buffers to send for ``item``, one after the other. Raises ValueError for one that cannot be sent."""
    if not 0 < len(item) <= MAX_ITEM:
        raise ValueError(f"An item of a stream has 1 to {MAX_ITEM} bytes, not {len(item)}.")
    return _PREFIX.pack(len(item)), item


def item_length(prefix: bytes) -> int:
    """The length of the item that follows; 0 for none. Raises ValueError for more than is allowed."""
    length: int = _PREFIX.unpack(prefix)[0]
    if length > MAX_ITEM:
        raise ValueError(f"An item of {length} bytes is announced; {MAX_ITEM} are allowed.")
    return length

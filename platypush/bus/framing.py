"""The frames of the unix-socket bus, as pure functions over bytes.

A connection carries one call at a time. The daemon greets a new connection with eight bytes (``HELLO``, or why not);
then each message is eight bytes ``!II`` (length of the header, length of the body), the header as JSON and the body
as it is. Nothing here knows a socket or a clock.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import orjson

from platypush.errors import TooLarge
from platypush.message.envelope import Envelope, Principal, Reply

__all__ = [
    "BUSY",
    "FIRST_READ",
    "GREETING_LENGTH",
    "HELLO",
    "MAX_FRAME",
    "REFUSED",
    "FrameError",
    "decode_reply",
    "decode_request",
    "encode_reply",
    "encode_request",
    "read_frame",
]

MAX_FRAME = 64 * 1024 * 1024
"""Bytes of header and body together, unless configured (``limits.bus_frame``)."""

HELLO = b"PPBUS/1\n"
"""The daemon has a thread for this connection. Until it came, nothing is sent, so that a connection that dies in the
backlog has certainly not run anything."""
BUSY = b"PPBUSY1\n"
"""The daemon has as many connections as it takes."""
REFUSED = b"PPDENY1\n"
"""The daemon does not serve processes of that user id."""
GREETING_LENGTH = len(HELLO)

FIRST_READ = 16 * 1024
"""Bytes asked for first: almost every message whole. Each connection's thread waits with a buffer of this size."""

_CHUNK = 1024 * 1024
_MAX_HEADER = 4 * 1024 * 1024
_JOIN_UP_TO = 64 * 1024
_PREFIX = struct.Struct("!II")
_PREFIX_LENGTH = _PREFIX.size
_PLAIN = Reply()
_PLAIN_HEADER = orjson.dumps([_PLAIN.status, _PLAIN.headers])


class FrameError(ValueError):
    """The bytes are no frame of this protocol: the connection is of no further use."""


def encode_request(envelope: Envelope, time_left: float, max_frame: int) -> tuple[bytes, ...]:
    """``envelope`` with ``time_left`` seconds to go, as the buffers to send one after the other.

    Raises TooLarge when they would exceed ``max_frame`` bytes.
    """
    principal = envelope.principal
    header: list[Any] = [
        envelope.kind,
        envelope.name,
        principal.to_list() if principal is not None else None,
        time_left,
        envelope.request_id,
    ]
    if envelope.meta:
        header.append(dict(envelope.meta))
    return _frame(orjson.dumps(header), envelope.body, max_frame)


def decode_request(header: bytes, body: bytes, waited: float) -> Envelope:
    """The envelope of a frame that has been ``waited`` seconds in the daemon. Raises FrameError."""
    try:
        kind, name, principal, time_left, request_id, *rest = orjson.loads(header)
        return Envelope(
            kind,
            body,
            name,
            Principal.from_list(principal) if principal is not None else None,
            time_left - waited,
            request_id,
            rest[0] if rest else {},
        )
    except (ValueError, TypeError) as error:
        raise FrameError(f"The header of a request cannot be read: {error}") from error


def encode_reply(reply: Reply, max_frame: int) -> tuple[bytes, ...]:
    """``reply`` as the buffers to send. Raises TooLarge."""
    plain = reply.status == _PLAIN.status and reply.headers == _PLAIN.headers
    header = _PLAIN_HEADER if plain else orjson.dumps([reply.status, reply.headers])
    return _frame(header, reply.body, max_frame)


def decode_reply(header: bytes, body: bytes) -> Reply:
    """The reply of a frame. Raises FrameError."""
    if header == _PLAIN_HEADER:
        return Reply(body=body)
    try:
        status, headers = orjson.loads(header)
        return Reply(int(status), body, tuple((str(name), str(value)) for name, value in headers))
    except (ValueError, TypeError) as error:
        raise FrameError(f"The header of a reply cannot be read: {error}") from error


def read_frame(data: bytes, recv: Callable[[int], bytes], max_frame: int) -> tuple[bytes, bytes]:
    """Header and body of the frame that begins with ``data``; ``recv(n)`` gives at most ``n`` bytes more.

    Raises FrameError when the bytes are no frame or end inside of one, TooLarge when the frame exceeds
    ``max_frame`` bytes, and whatever ``recv`` raises.
    """
    while len(data) < _PREFIX_LENGTH:
        data += _more(recv, _PREFIX_LENGTH - len(data))
    header_length, body_length = _PREFIX.unpack_from(data)
    header_end = _PREFIX_LENGTH + header_length
    missing = header_end + body_length - len(data)
    if missing == 0 and header_length <= _MAX_HEADER:
        return data[_PREFIX_LENGTH:header_end], data[header_end:]
    if missing < 0:
        raise FrameError("There are bytes after the frame, and a connection carries one call at a time.")
    _check_size(header_length, body_length, max_frame)
    while len(data) < header_end:
        data += _more(recv, header_end - len(data))
    chunks = [data[header_end:]]
    missing = body_length - len(chunks[0])
    while missing:
        chunk = _more(recv, min(missing, _CHUNK))
        chunks.append(chunk)
        missing -= len(chunk)
    return data[_PREFIX_LENGTH:header_end], b"".join(chunks)


def _more(recv: Callable[[int], bytes], size: int) -> bytes:
    data = recv(size)
    if not data:
        raise FrameError("The connection ended inside a frame.")
    return data


def _frame(header: bytes, body: bytes, max_frame: int) -> tuple[bytes, ...]:
    _check_size(len(header), len(body), max_frame)
    prefix = _PREFIX.pack(len(header), len(body))
    # One system call for what is small; no copy of what is large.
    return (prefix + header + body,) if len(body) <= _JOIN_UP_TO else (prefix + header, body)


def _check_size(header_length: int, body_length: int, max_frame: int) -> None:
    if header_length > _MAX_HEADER or header_length + body_length > max_frame:
        raise TooLarge(
            f"A message of {header_length + body_length} bytes does not fit through the bus: limits.bus_frame is "
            f"{max_frame}, and headers may have {_MAX_HEADER}.",
            details={"limit": max_frame},
        )

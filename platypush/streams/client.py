"""A worker's side of streams, under threads and under gevent alike: a connection for each viewer."""

from __future__ import annotations

import contextlib
import os
import socket
from pathlib import Path

from platypush.errors import BadRequest, BusUnavailable
from platypush.message.envelope import Reply
from platypush.streams import EndOfStream, StreamRequest
from platypush.streams.protocol import MAX_LINE, PREFIX_LENGTH, decode_answer, encode_request, item_length

__all__ = ["Stream", "StreamClient", "StreamRefused"]

_CONNECT_SECONDS = 5.0
_MARGIN = 2.0
"""Seconds granted beyond the time left, so that the daemon's own answer about the time wins."""
_SILENCE = 15.0
"""Seconds without even a sign of life after which the daemon is taken for gone; it sends one every 2 s."""


class StreamRefused(Exception):
    """The daemon does not serve this stream; ``reply`` is the error, as over the bus."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"status {reply.status}")
        self.reply = reply


class StreamClient:
    """Opens streams of the daemon that listens at ``path``. Connects at each call only; safe for many threads."""

    def __init__(self, path: Path) -> None:
        self._path = os.fspath(path)

    def open(self, request: StreamRequest) -> Stream:
        """The stream, whose first item is there. Raises StreamRefused, BusUnavailable."""
        line = encode_request(request)
        connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connected.settimeout(_CONNECT_SECONDS)
            connected.connect(self._path)
            connected.settimeout(request.time_left + _MARGIN)
            # A daemon that has too many viewers answers and closes without waiting for the request.
            with contextlib.suppress(BrokenPipeError):
                connected.sendall(line)
            answer = decode_answer(_read_line(connected))
        except (OSError, BadRequest, EndOfStream) as error:
            connected.close()
            raise BusUnavailable("The Platypush daemon serves no streams now. Try again soon.") from error
        except BaseException:  # undone, and raised again: a greenlet may be killed here
            connected.close()
            raise
        if isinstance(answer, Reply):
            connected.close()
            raise StreamRefused(answer)
        connected.settimeout(_SILENCE)
        return Stream(connected, answer)


class Stream:
    """An open stream, for one thread or greenlet."""

    __slots__ = ("_socket", "content_type")

    def __init__(self, connected: socket.socket, content_type: str) -> None:
        self._socket = connected
        self.content_type = content_type

    def next(self) -> bytes | None:
        """The next item; None when there is none for now. Raises EndOfStream."""
        try:
            length = item_length(_read(self._socket, PREFIX_LENGTH))
            return _read(self._socket, length) if length else None
        except (OSError, ValueError) as error:
            raise EndOfStream from error

    def close(self) -> None:
        """Tell the daemon that nobody watches any more."""
        self._socket.close()


def _read(connected: socket.socket, length: int) -> bytes:
    data = bytearray(length)
    view = memoryview(data)
    while view:
        count = connected.recv_into(view)
        if not count:
            raise EndOfStream
        view = view[count:]
    return bytes(data)


def _read_line(connected: socket.socket) -> bytes:
    # One byte at a time would be slow for anything but this: items may follow in the same packet.
    data = bytearray()
    while len(data) < MAX_LINE:
        byte = connected.recv(1)
        if not byte:
            raise EndOfStream
        if byte == b"\n":
            return bytes(data)
        data += byte
    raise EndOfStream

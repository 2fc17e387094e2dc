"""Somebody who watches a camera over HTTP, and what a JPEG says of itself."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Mapping

__all__ = ["Viewer", "jpeg_size"]

_CHUNK = 65_536


class Viewer:
    """A connection that shows a camera. For one thread. Raises ConnectionError where the stream has ended."""

    def __init__(self, connection: socket.socket, path: str, headers: Mapping[str, str]) -> None:
        self.socket = connection
        sent = {"Host": "localhost", **headers}
        lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items()), "", ""]
        connection.sendall("\r\n".join(lines).encode())
        self._buffer = b""
        head = self._until(b"\r\n\r\n").decode().split("\r\n")
        self.status = int(head[0].split()[1])
        """Of the answer."""
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        """Of the answer; the names are in lower case."""
        self._chunked = self.headers.get("transfer-encoding") == "chunked"
        self._body = b""

    @classmethod
    def open(cls, port: int, path: str, headers: Mapping[str, str], *, timeout: float = 20) -> Viewer:
        """Watch what a server on loopback shows."""
        return cls(socket.create_connection(("127.0.0.1", port), timeout), path, headers)

    def next(self) -> bytes:
        """The next picture."""
        while b"\r\n\r\n" not in self._body:
            self._more()
        head, _, rest = self._body.partition(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        self._body = rest
        while len(self._body) < length:
            self._more()
        picture, self._body = self._body[:length], self._body[length:]
        return picture

    def ends(self, seconds: float = 20) -> bool:
        """Whether the stream ends within ``seconds``, while it is being watched. Leaves in any case."""
        deadline = time.monotonic() + seconds
        try:
            while time.monotonic() < deadline:
                self.next()
        except ConnectionError:
            return True
        finally:
            self.close()
        return False

    def close(self) -> None:
        """Leave."""
        self.socket.close()

    def _more(self) -> None:
        if not self._chunked:
            data, self._buffer = self._buffer or self._receive(), b""
            self._body += data
            return
        size = int(self._until(b"\r\n"), 16)
        while len(self._buffer) < size + 2:
            self._buffer += self._receive()
        self._body += self._buffer[:size]
        self._buffer = self._buffer[size + 2 :]
        if not size:
            raise ConnectionResetError("The stream has ended.")

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._buffer:
            self._buffer += self._receive()
        found, _, self._buffer = self._buffer.partition(mark)
        return found

    def _receive(self) -> bytes:
        data = self.socket.recv(_CHUNK)
        if not data:
            raise ConnectionResetError("The stream has ended.")
        return data


def jpeg_size(data: bytes) -> tuple[int, int]:
    """Width and height, from the header of the frame (ITU T.81, B.2.2). Raises AssertionError for what is no JPEG."""
    assert data[:3] == b"\xff\xd8\xff", data[:20]
    assert data.rstrip(b"\0")[-2:] == b"\xff\xd9", data[-20:]
    at = 2
    while data[at + 1] not in (0xC0, 0xC1, 0xC2):
        at += 2 + int(struct.unpack_from("!H", data, at + 2)[0])
    height, width = struct.unpack_from("!HH", data, at + 5)
    return width, height

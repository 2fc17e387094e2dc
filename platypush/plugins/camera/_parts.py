"""Pictures out of the bytes that ffmpeg writes: parts with headers, one for each picture. Pure."""

from __future__ import annotations

import re

__all__ = ["BrokenParts", "Parts", "part"]

MAX_PICTURE = 16 * 1024 * 1024
_MAX_HEADERS = 4096
_LENGTH = re.compile(rb"(?im)^content-length:\s*(\d{1,9})\s*$")
_END = b"\r\n\r\n"


class BrokenParts(ValueError):
    """The bytes are no parts: whatever writes them is of no further use."""


class Parts:
    """Takes bytes as they come and gives the newest whole picture in them."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._wanted = 0
        """Bytes of the picture whose headers have been read; 0 between pictures."""

    def feed(self, data: bytes) -> bytes | None:
        """The newest picture that is complete with ``data``; older ones are dropped. Raises BrokenParts."""
        self._buffer += data
        newest = None
        while True:
            if not self._wanted and not self._read_headers():
                return newest
            if len(self._buffer) < self._wanted:
                return newest
            newest = bytes(self._buffer[: self._wanted])
            del self._buffer[: self._wanted]
            self._wanted = 0

    def _read_headers(self) -> bool:
        end = self._buffer.find(_END, 0, _MAX_HEADERS)
        if end < 0:
            if len(self._buffer) >= _MAX_HEADERS:
                raise BrokenParts("no headers of a part are in what it writes")
            return False
        length = _LENGTH.search(self._buffer, 0, end + 2)
        if length is None or not 0 < int(length[1]) <= MAX_PICTURE:
            raise BrokenParts("a part of what it writes has no length")
        self._wanted = int(length[1])
        del self._buffer[: end + len(_END)]
        return True


def part(picture: bytes) -> bytes:
    """``picture`` as a part, to be written to ffmpeg."""
    return b"--ffmpeg\r\nContent-type: image/jpeg\r\nContent-length: %d\r\n\r\n%b\r\n" % (len(picture), picture)

"""A counter that all processes of an installation see, so that a revocation reaches every cache at once."""

from __future__ import annotations

import fcntl
import mmap
import os
from pathlib import Path

__all__ = ["Generation"]

_SIZE = 8


class Generation:
    """The number in the file ``path``, mapped into memory: reading it costs no system call.

    It is increased after the commit of whatever takes a right away, and read before the SQL whose result a cache keeps.
    Safe for many threads, greenlets and processes, and across a fork. Raises OSError when the file cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if os.fstat(handle).st_size < _SIZE:
                os.ftruncate(handle, _SIZE)
            self._map = mmap.mmap(handle, _SIZE)
        finally:
            # The map keeps a duplicate of the descriptor, and with it the lock, unless it is given back.
            fcntl.flock(handle, fcntl.LOCK_UN)
            os.close(handle)
        self._words = memoryview(self._map).cast("Q")

    @property
    def value(self) -> int:
        """The number now."""
        return self._words[0]

    def increment(self) -> int:
        """Add one, once for each call whatever other processes do meanwhile, and return the new number.

        Raises OSError when the file is gone.
        """
        # A descriptor of its own, because flock does not separate two threads that share one.
        handle = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            number = (self._words[0] + 1) & 0xFFFF_FFFF_FFFF_FFFF
            self._words[0] = number
        finally:
            os.close(handle)
        return number

    def close(self) -> None:
        """Unmap the file. ``value`` must not be read afterwards."""
        self._words.release()
        self._map.close()

"""The files that workers map to count in, with their room on the disk taken before it is used."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

from prometheus_client.mmap_dict import MmapedDict

__all__ = ["ReservedFile"]

_FIRST = 1 << 16
_LARGEST_ENTRY = 4096
"""Bytes, at least, that one more name may need."""


class ReservedFile(MmapedDict):
    """prometheus_client's file of counters, which it makes with holes in it.

    On a full disk the kernel ends a process that writes into a hole of a mapped file (SIGBUS). So every block is taken
    beforehand: the constructor and new names raise OSError instead, and what is there can always be counted in.
    """

    def __init__(self, filename: str) -> None:
        _make(Path(filename))
        super().__init__(filename)  # type: ignore[no-untyped-call]

    def _init_value(self, key: str) -> None:
        own: Any = self
        needed = own._used + _LARGEST_ENTRY + 2 * len(key.encode())
        if needed > own._capacity:
            _reserve(own._f.fileno(), max(2 * own._capacity, needed))
        super()._init_value(key)  # type: ignore[no-untyped-call]


def _make(path: Path) -> None:
    """An empty file of the first size, unless there is one. It appears under its name when it is whole."""
    if path.exists():
        return
    fresh = path.with_suffix(".new")
    handle = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _reserve(handle, _FIRST)
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
    finally:
        os.close(handle)


def _reserve(handle: int, size: int) -> None:
    try:
        os.posix_fallocate(handle, 0, size)
    except OSError as error:
        # A file system that cannot reserve (the C library tries writing first) leaves holes, as it would have.
        if error.errno not in (errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL):
            raise
        os.ftruncate(handle, max(size, os.fstat(handle).st_size))

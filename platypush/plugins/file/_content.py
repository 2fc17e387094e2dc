"""The content of files: whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
from typing import BinaryIO

from platypush.errors import BadRequest, TooLarge
from platypush.plugins.file._places import Place

__all__ = ["append", "chmod", "copy", "move", "read", "replace"]

_NOT_BESIDE = (errno.EACCES, errno.EPERM, errno.EROFS)


def read(place: Place, limit: int) -> bytes:
    """All of a regular file. Raises TooLarge, BadRequest for what is no file, OSError."""
    with _reader(place) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise TooLarge(f"{place.path} is larger than max_size of the section file allows ({limit} bytes).")
    return data


def replace(place: Place, source: BinaryIO, mode: int | None = None) -> None:
    """Make ``source`` the content of the file, in one step. ``mode`` is for the new file; default: as before.

    What cannot be replaced (the folder takes no new file, or the old one is somebody else's) is overwritten in place:
    think of the files under ``/sys``.
    """
    old = _status(place)
    if old is not None and not stat.S_ISREG(old.st_mode):
        raise BadRequest(f"{place.path} is no regular file, so it is not written to.")
    if old is None or old.st_uid == os.geteuid():
        temporary = Place(place.folder, f".{place.name[:200]}.{secrets.token_hex(8)}", place.path)
        try:
            handle = temporary.open(os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        except OSError as error:
            if old is None or error.errno not in _NOT_BESIDE:
                raise
        else:
            _fill(temporary, handle, source, stat.S_IMODE(old.st_mode) if mode is None and old is not None else mode)
            os.replace(temporary.name, place.name, src_dir_fd=place.folder, dst_dir_fd=place.folder)
            return
    with os.fdopen(place.open(os.O_WRONLY | os.O_TRUNC), "wb") as file:
        shutil.copyfileobj(source, file)


def append(place: Place, data: bytes) -> None:
    """Add to the end of a file, making it where it is missing. Raises BadRequest for what is no file, OSError."""
    old = _status(place)
    if old is not None and not stat.S_ISREG(old.st_mode):
        raise BadRequest(f"{place.path} is no regular file, so it is not written to.")
    with os.fdopen(place.open(os.O_WRONLY | os.O_APPEND | os.O_CREAT), "ab") as file:
        file.write(data)


def copy(source: Place, target: Place) -> None:
    """Copy a regular file with its permissions. Raises BadRequest for what is no file, OSError."""
    with _reader(source) as file:
        status = os.fstat(file.fileno())
        there = _status(target)
        if there is not None and (there.st_dev, there.st_ino) == (status.st_dev, status.st_ino):
            raise BadRequest(f"{source.path} and {target.path} are the same file.")
        replace(target, file, stat.S_IMODE(status.st_mode))


def move(source: Place, target: Place) -> None:
    """Rename; files also from one file system to another. Raises OSError."""
    try:
        os.rename(source.name, target.name, src_dir_fd=source.folder, dst_dir_fd=target.folder)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        copy(source, target)
        os.unlink(source.name, dir_fd=source.folder)


def chmod(place: Place, mode: int) -> None:
    """Set the permissions of a file or folder. Raises OSError."""
    # O_NONBLOCK: opening a pipe must not wait for its other end.
    handle = place.open(os.O_RDONLY | os.O_NONBLOCK)
    try:
        os.fchmod(handle, mode)
    finally:
        os.close(handle)


def _reader(place: Place) -> BinaryIO:
    file = os.fdopen(place.open(os.O_RDONLY | os.O_NONBLOCK), "rb") if not place.is_folder() else None
    if file is None or not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        if file is not None:
            file.close()
        raise BadRequest(f"{place.path} is no regular file.")
    return file


def _fill(temporary: Place, handle: int, source: BinaryIO, mode: int | None) -> None:
    try:
        with os.fdopen(handle, "wb") as file:
            shutil.copyfileobj(source, file)
            if mode is not None:
                os.fchmod(file.fileno(), mode)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        os.unlink(temporary.name, dir_fd=temporary.folder)
        raise


def _status(place: Place) -> os.stat_result | None:
    try:
        return place.stat()
    except FileNotFoundError:
        return None

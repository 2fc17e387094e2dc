"""A private unix socket to listen on, and who is at its other end."""

from __future__ import annotations

import errno
import os
import socket
import stat
import struct
from pathlib import Path

from platypush._lib.files import check_socket_path, private_dir

__all__ = ["listen", "peer_user", "remove_socket"]

_CREDENTIALS = struct.Struct("3i")
_PROBE_TIMEOUT = 2.0


def listen(path: Path, backlog: int) -> socket.socket:
    """A socket of mode 0600 that listens at ``path``, in a folder made with mode 0700 where it is missing.

    A file left behind by a process that is gone is replaced. Raises OSError, with EADDRINUSE when somebody listens
    there now (a living daemon is never displaced) and EEXIST when the file is no socket; ValueError when the path
    is too long for a unix socket.
    """
    check_socket_path(path)
    private_dir(path.parent)
    _remove_stale(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # Linux creates the file with the mode of the unbound socket: it never exists with a wider one.
        os.fchmod(listener.fileno(), 0o600)
        listener.bind(os.fspath(path))
        listener.listen(backlog)
    except BaseException:  # undone, and raised again
        listener.close()
        raise
    return listener


def remove_socket(path: Path, inode: int) -> None:
    """Remove ``path`` if it is still the socket with that inode, and not a successor's."""
    try:
        if path.stat().st_ino == inode:
            path.unlink()
    except FileNotFoundError:
        return


def peer_user(connection: socket.socket) -> int:
    """The user id of the process that connected, as the kernel tells it (``SO_PEERCRED``, unix(7))."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    user: int = _CREDENTIALS.unpack(credentials)[1]
    return user


def _remove_stale(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise FileExistsError(
            errno.EEXIST, "There is a file that is no socket. Remove it, or change bus.path", str(path)
        )
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(_PROBE_TIMEOUT)
        try:
            probe.connect(os.fspath(path))
        except (ConnectionRefusedError, FileNotFoundError):
            path.unlink(missing_ok=True)
            return
        except (BlockingIOError, TimeoutError):
            pass  # a full backlog: somebody listens
    raise OSError(errno.EADDRINUSE, "Another daemon listens here. Stop it first", str(path))
